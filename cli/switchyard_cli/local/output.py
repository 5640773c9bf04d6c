"""What the functions print: kept in a log file, and their metrics counted as CloudWatch would."""

import io
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import orjson


class FunctionOutput(io.TextIOBase):
    """Stands in for stdout while the stack runs; ``counters`` has the sum of every metric by its name.

    The log file is begun anew with the first line: a stack that cannot start leaves another's log alone.
    """

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.counters: Counter[str] = Counter()
        self._path = log
        self._log: TextIO | None = None
        self._lock = threading.Lock()
        self._unfinished: dict[int, str] = {}
        self._listener: Callable[[str], None] = lambda _: None

    def listen(self, listener: Callable[[str], None]) -> None:
        """Tell the listener every line from now on."""
        self._listener = listener

    def write(self, text: str) -> int:
        """Take some text; whole lines are logged and looked at, each thread's apart from the others'."""
        with self._lock:
            *lines, rest = (self._unfinished.get(threading.get_ident(), "") + text).split("\n")
            self._unfinished[threading.get_ident()] = rest
            for line in lines:
                self._file().write(line + "\n")
                self._count(line)
                self._listener(line)
        return len(text)

    def flush(self) -> None:
        """Write the log out."""
        if self._log:
            self._log.flush()

    def close(self) -> None:
        """Write the log out, and let go of the file."""
        log, self._log = self._log, None
        if log:
            log.close()
        super().close()

    def _file(self) -> TextIO:
        if self._log is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(b"")
            self._log = self._path.open("a")  # where another stack begins the same file anew, ours goes on behind
        return self._log

    def _count(self, line: str) -> None:
        for directive in (metrics := _metrics(line)).get("_aws", {}).get("CloudWatchMetrics", ()):
            for metric in directive["Metrics"]:
                self.counters[metric["Name"]] += int(sum(metrics[metric["Name"]]))


def _metrics(line: str) -> dict[str, Any]:
    """Return a line that may be in the embedded metric format, else nothing; any log line may have the word in it."""
    try:
        found = orjson.loads(line) if '"_aws"' in line else {}
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
