"""Whether somebody has changed the configuration while the stack runs."""

from pathlib import Path

from switchyard_cli.config.documents import SUFFIXES

_State = dict[Path, tuple[int, int]]


class WatchedFolder:
    """Notices changes of the files that are read, once nobody is writing them any more; ask it from time to time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = self._last = self._state()

    def has_changed(self) -> bool:
        """Tell, once for each change, that the files are others than they were, and the same as when last asked."""
        now = self._state()
        is_settled, self._last = now == self._last, now
        if not is_settled or now == self._known:
            return False
        self._known = now
        return True

    def _state(self) -> _State:
        state = {}
        for file in self._folder.glob("*"):
            if file.suffix in SUFFIXES and file.exists():
                found = file.stat()
                state[file] = (found.st_mtime_ns, found.st_size)
        return state
