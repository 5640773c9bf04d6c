"""The payloads that are sent first: read before anything starts."""

import pytest

from switchyard.errors import ConfigError
from switchyard_cli.local.samples import read_samples


def test_payloads_are_known_by_their_files_names(tmp_path):
    """Every JSON file of the folder is one; others are left alone."""
    (tmp_path / "track.json").write_text('{"type": "track"}')
    (tmp_path / "notes.txt").write_text("no payload")
    assert read_samples(tmp_path) == {"track": {"type": "track"}}


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("notes.txt", "no payload", r"there are no sample payloads \(\*\.json\) here"),
        ("track.json", '{\n"email": ada@example.com}', r"track\.json:2: not JSON \([^@]*\)$"),
    ],
)
def test_a_folder_without_payloads_is_told(tmp_path, name, text, complaint):
    """So is a file that is none, by its line and without a word of it (promise 7)."""
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=complaint):
        read_samples(tmp_path)
