"""Write docs/licences.md: what is deployed besides Switchyard's own code, and under which licence."""

import sys
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import distributions
from pathlib import Path

HEAD = """# Licences

Written by `make licences` from what `make build` made: every package that is deployed, with the licence that it states
of itself. The licences' texts are in the layer, beside each package.

| package | version | licence |
|---|---|---|
"""


def licences(layer: Path) -> Iterator[tuple[str, str, str]]:
    """Yield name, version and licence of the packages in a layer, by name."""
    found = {each.metadata["Name"].lower(): each for each in distributions(path=[str(layer)])}
    for name, each in sorted(found.items()):
        yield name, each.version, _licence(each.metadata)  # type: ignore[arg-type]  # it is a Message


def _licence(metadata: Message) -> str:
    """Return the licence as an SPDX expression, else in the words of the classifiers, else the first line of a text."""
    classifiers = [each for each in metadata.get_all("Classifier", []) if each.startswith("License ::")]
    words = ", ".join(each.rpartition(" :: ")[2] for each in classifiers)
    return metadata.get("License-Expression") or words or metadata.get("License", "unknown").splitlines()[0]


def main() -> None:
    """Write the page; the layer's folder is the argument."""
    rows = "".join(f"| {' | '.join(each)} |\n" for each in licences(Path(sys.argv[1])))
    (Path(__file__).parents[2] / "docs" / "licences.md").write_text(HEAD + rows)


if __name__ == "__main__":
    main()
