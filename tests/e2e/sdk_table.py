"""The table of ``docs/sdks.md``: what a person is told about each SDK, so that the tests do exactly that."""

import re
from pathlib import Path
from typing import NamedTuple

PAGE = (Path(__file__).parents[2] / "docs" / "sdks.md").read_text()


class Row(NamedTuple):
    """One SDK: the line that sets it up, and how it sends."""

    sdk: str
    version: str
    line: str
    key: str
    route: str
    content_type: str
    proof: str

    def line_for(self, host: str, key: str) -> str:
        """Return the line with an address and a write key in it."""
        return self.line.replace("HOST", host).replace("KEY", key)


def rows() -> dict[str, Row]:
    """Return the rows by the SDK's name and version."""
    lines = re.findall(r"^\| (.+) \|$", PAGE, re.MULTILINE)
    cells = [[re.sub("`", "", cell) for cell in line.split(" | ")] for line in lines]
    return {f"{row[0]} {row[1]}": Row(*row) for row in cells if row[0] != "SDK"}
