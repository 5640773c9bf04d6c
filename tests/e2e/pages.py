"""A page of the docs that shows commands: each is run, in order, and prints what is shown."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

DOCS = Path(__file__).parents[2] / "docs"
# What differs from run to run: times, ages, ids that AWS or chance gives, and how wide that makes a column.
CHANGING = (
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r'("time": )\d+', r"\1N"),
    (r"(sqsMessageId|requestId): +\S+", r"\1: ID"),
    (r"replays/\S+\.json", "RECORD"),
    (r"\b\d+ (s|min)\b", "AGE"),
    (r"[ ━─]+", " "),
)


def unchanging(text: str) -> str:
    """Return the text without what differs from run to run."""
    for pattern, replacement in CHANGING:
        text = re.sub(pattern, replacement, text)
    return "\n".join(line.strip() for line in text.strip().splitlines())


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the page's console blocks: each command, and what is shown below it."""
    found = re.findall(r"```console\n\$ (.*?)\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    return [(command, shown) for command, shown in found]


def check_page(page: str, folder: Path, run: Callable[..., CompletedProcess[str]], settle: Callable[[], None]) -> None:
    """Run the page's commands in the folder; a shown line with … stands for any lines."""
    for command, shown in blocks(page):
        words, _, file = command.partition(" > ")
        result = run(folder, *shlex.split(words)[1:])
        assert result.returncode == 0, result.stderr
        if file:
            (folder / file).write_text(result.stdout)
        else:
            _check_shown(unchanging(result.stdout + result.stderr), unchanging(shown))
        settle()


def _check_shown(printed: str, shown: str) -> None:
    parts = shown.split("\n…\n")
    assert [part for part in parts if part not in printed] == [], printed
    assert (printed.startswith(parts[0]), printed.endswith(parts[-1])) == (True, True), printed
