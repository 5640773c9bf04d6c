"""JSON lines → events: in order, whatever they are packed in, and in bounded memory."""

import gzip
import re
import tempfile
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard_cli.preview.reading import MAX_LINE_BYTES, BadLine, UnreadableInput, read_events


@pytest.fixture
def read(tmp_path):
    """Return a function that writes bytes to files and reads the events in them."""

    def read_back(*contents):
        files = [tmp_path / f"{number}.ndjson" for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        lines = read_events(files)
        prefix = f"{tmp_path}/"
        return [BadLine(line.problem.replace(prefix, "")) if isinstance(line, BadLine) else line for line in lines]

    return read_back


EVENTS = st.lists(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers(-9, 9) | st.text(), max_size=3))


@given(EVENTS, st.booleans(), st.sampled_from([b"\n", b"\r\n", b"\n \n"]))
def test_every_event_is_read_in_order(events, gzipped, ending):
    """Whatever the events, the end of a line and the packing, what was written is what is read."""
    content = b"".join(orjson.dumps(event) + ending for event in events)
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(gzip.compress(content) if gzipped else content)
        assert list(read_events([Path(file.name)])) == events


def test_the_last_line_needs_no_end(read):
    """A last line without a line feed counts like any other."""
    assert read(b'{"a":1}\n{"a":2}') == [{"a": 1}, {"a": 2}]


def test_gzip_objects_that_were_joined_are_read_as_one(read):
    """Several objects of the archive, one after the other, are one stream of events."""
    assert read(gzip.compress(b'{"a":1}\n') + gzip.compress(b'{"a":2}\n')) == [{"a": 1}, {"a": 2}]


def test_packing_is_told_file_by_file(read):
    """Plain and gzipped files may be mixed."""
    assert read(b'{"a":1}\n', gzip.compress(b'{"a":2}\n'), b'{"a":3}\n') == [{"a": 1}, {"a": 2}, {"a": 3}]


@pytest.mark.parametrize("line", [b"[1]", b'"text"', b"1", b"null"])
def test_a_line_that_is_no_object_is_named(read, line):
    """What is JSON but no object is named by its file and line; empty lines count as lines, but not as events."""
    assert read(b'{}\n\n%b\n{"a":1}\n' % line) == [{}, BadLine("0.ndjson, line 3: not a JSON object"), {"a": 1}]


def test_a_dead_letter_is_no_event(read):
    """``dlq export`` wraps events: taken for one, a letter would seem to be filtered."""
    problem = "0.ndjson, line 1: a dead letter; `jq -c .event` takes the event out of it"
    assert read(b'{"event":{"type":"track"},"code":"invalid"}') == [BadLine(problem)]


@pytest.mark.parametrize("line", [b"{", b"nope", b'{"a":NaN}', b'{"a":"\xff"}', b"\x00", b"[" * 5000])
def test_a_line_that_is_no_json_is_named(read, line):
    """What is no JSON is named by its line, and costs only itself (promise 4)."""
    first, bad, last = read(b'{"a":1}\n%b\n{"a":2}\n' % line)
    assert (first, last) == ({"a": 1}, {"a": 2})
    assert bad.problem.startswith("0.ndjson, line 2: not JSON (")


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (b'{\n  "type": "track",\n  "event": "e"\n}\n', "`jq -c . FILE`"),
        (b'[\r\n  {\r\n    "type": "track"}]', "`jq -c '.[]' FILE`"),
    ],
)
def test_json_over_several_lines_is_one_mistake(read, content, remedy):
    """A file that was laid out for people is told once, with what makes lines of it, and not line by line."""
    for packed in (content, gzip.compress(content)):
        with pytest.raises(
            UnreadableInput, match=re.escape(f"0.ndjson, line 1: an event must stand on one line; {remedy}")
        ):
            read(packed)


def test_a_bad_line_is_not_quoted(read):
    """Promise 7: the error has no value of the line in it."""
    (bad,) = read(b'{"email": ada@example.com}\n')
    assert "ada" not in bad.problem


def test_a_line_of_the_greatest_length_is_read(read):
    """The longest line allowed is an event; with one byte more it is not, and the next line is read all the same."""
    longest = b'{"a":"%b"}' % (b"x" * (MAX_LINE_BYTES - len(b'{"a":""}')))
    assert len(read(longest)[0]["a"]) == MAX_LINE_BYTES - len(b'{"a":""}')
    for surplus in (1, 2, MAX_LINE_BYTES, MAX_LINE_BYTES + 1, 2 * MAX_LINE_BYTES + 2):
        bad, good = read(longest[:-2] + b"x" * surplus + b'"}\n{"a":1}')
        assert bad == BadLine("0.ndjson, line 1: longer than 1,000,000 bytes")
        assert good == {"a": 1}


@pytest.mark.parametrize("filling", [b"x", b" "])
def test_memory_does_not_grow_with_a_line(tmp_path, peak_of, filling):
    """A gzip of little that inflates to a line of a hundred megabytes takes a few megabytes, and is named."""
    bomb = tmp_path / "bomb.gz"
    with gzip.open(bomb, "wb", compresslevel=1) as file:
        for _ in range(100):
            file.write(filling * 1_000_000)
    assert [type(line) for line in read_events([bomb])] == [BadLine]
    assert peak_of(lambda: list(read_events([bomb]))) < 10 * MAX_LINE_BYTES


@pytest.mark.parametrize("damage", [lambda data: data[:-12], lambda data: data[:40] + b"\xff" * 20 + data[60:]])
def test_damaged_gzip_ends_the_reading(read, damage):
    """Gzip that ends early or is overwritten is an error that names the file, not a short input."""
    whole = gzip.compress(b"".join(b'{"a":%d}\n' % number for number in range(1000)))
    with pytest.raises(UnreadableInput, match=r"0\.ndjson, after line \d+: the gzip data is damaged or incomplete"):
        read(damage(whole))
