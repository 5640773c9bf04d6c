"""Pin what runs in Lambda: requirements.in → requirements.txt, with the hashes for both of Lambda's architectures."""

import json
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
HEAD = "# Written by `make lock` from requirements.in: for CPython 3.13 on arm64 and x86_64.\n"
PLATFORMS = ("aarch64", "x86_64")


def resolve(platform: str) -> list[dict[str, object]]:
    """Return what pip would install on the platform, as its report says."""
    tags = [argument for tag in ("manylinux2014", "manylinux_2_28") for argument in ("--platform", f"{tag}_{platform}")]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    target = ["--python-version", "3.13", "--implementation", "cp", "--only-binary=:all:", "--target", "unused"]
    result = subprocess.run(  # noqa: S603 - every word of it stands here
        [*command, *target, *tags, "--requirement", str(FOLDER / "requirements.in")], check=True, stdout=subprocess.PIPE
    )
    installed: list[dict[str, object]] = json.loads(result.stdout)["install"]
    return installed


def main() -> None:
    """Write requirements.txt."""
    hashes: dict[str, set[str]] = {}
    for package in (package for platform in PLATFORMS for package in resolve(platform)):
        metadata, download = package["metadata"], package["download_info"]
        pin = f"{metadata['name'].lower()}=={metadata['version']}"  # type: ignore[index]  # pip's report
        hashes.setdefault(pin, set()).add(download["archive_info"]["hashes"]["sha256"])  # type: ignore[index]
    separator = " \\\n    --hash=sha256:"
    lines = (separator.join([pin, *sorted(hashes[pin])]) + "\n" for pin in sorted(hashes))
    (FOLDER / "requirements.txt").write_text(HEAD + "".join(lines))


if __name__ == "__main__":
    main()
