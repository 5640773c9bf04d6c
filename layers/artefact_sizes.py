"""Print the size of each artefact that `sam build` made: unpacked, as Lambda counts it, and zipped for the upload."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile


class Artefact(NamedTuple):
    """A function's or a layer's folder, by the name it has in the template; sizes in bytes."""

    name: str
    unpacked: int
    zipped: int


def artefacts(build: Path) -> Iterator[Artefact]:
    """Yield what is in the folder that `sam build` filled."""
    for folder in sorted(each for each in build.iterdir() if each.is_dir()):
        files = [file for file in folder.rglob("*") if file.is_file()]
        yield Artefact(folder.name, sum(file.stat().st_size for file in files), _zipped(files, folder))


def _zipped(files: list[Path], folder: Path) -> int:
    with tempfile.TemporaryFile() as packed:
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.relative_to(folder))
        return packed.tell()


def main() -> None:
    """Print a table."""
    print(f"{'artefact':<24}{'unpacked':>14}{'zipped':>14}")
    for each in artefacts(Path(sys.argv[1])):
        print(f"{each.name:<24}{each.unpacked / 1000:>11,.1f} KB{each.zipped / 1000:>11,.1f} KB")


if __name__ == "__main__":
    main()
