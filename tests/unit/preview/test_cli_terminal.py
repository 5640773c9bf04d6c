"""What reaches a terminal: text of customers and operators is shown and never obeyed, and tables are never cut."""

import io
import os
import pty
import sys
import unicodedata
from collections import Counter
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from switchyard.envelope import Envelope, Failure, Item
from switchyard_cli.commands.output import complain, print_line, tell
from switchyard_cli.local import report
from switchyard_cli.local.samples import Sent
from switchyard_cli.preview.diff import Comparison
from switchyard_cli.preview.diff_text import print_comparison
from switchyard_cli.preview.explain import Explainer
from switchyard_cli.preview.explain_text import print_explanation
from switchyard_cli.preview.preview import Previewer
from switchyard_cli.sandbox import Sandbox
from switchyard_cli.terminal import escaped, open_console, open_table, plain, printable

HOSTILE = "\x1b]0;owned\x07\x9b31m[red]\u202e\r\n"
"""Sets a window's title, colours (twice, once as markup), turns the text around, overwrites and ends the line."""

OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")


def obeyed(text):
    """Return the characters of the text that a terminal could obey, but for the ends of lines."""
    return {each for each in text if unicodedata.category(each) in OBEYED} - {"\n"}


@pytest.fixture
def file():
    """What is printed to."""
    return io.StringIO()


@pytest.fixture
def console(file):
    """A console that prints to the file."""
    return Console(file=file, width=300)


@given(st.text(st.characters()))
def test_printable_text_has_nothing_to_obey(text):
    """Of whatever text, nothing is left that a terminal could obey; the places of its characters stay."""
    shown = printable(text)
    assert len(shown) == len(text)
    assert not obeyed(shown) - {"\u200c", "\u200d"}
    assert "\n" not in shown
    shown.encode()


@given(st.dictionaries(st.text(), st.text()))
def test_escaped_json_has_the_same_value_and_nothing_to_obey(value):
    """JSON at a terminal is JSON of the same value, in which such characters are escapes."""
    text = escaped(orjson.dumps(value).decode())
    assert orjson.loads(text) == value
    assert not obeyed(text) - {"\u200c", "\u200d"}


def test_json_is_escaped_at_a_terminal_alone(monkeypatch):
    """At a terminal a line of JSON is escaped; a file or a pipe gets every byte as it would be sent."""
    for opened, expected in ((pty.openpty(), b'"\\u009b31m"'), (os.pipe(), '"\x9b31m"'.encode())):
        reading, writing = opened
        with os.fdopen(writing, "w") as out:
            monkeypatch.setattr(sys, "stdout", out)
            print_line("\x9b31m")
            assert os.read(reading, 100).strip() == expected
        os.close(reading)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Größe 北京 👩\u200d🚀 a\u00a0b", "Größe 北京 👩\u200d🚀 a\u00a0b"),
        ("\x1b[31m\t\n\x7f", "␛[31m␉␊␡"),
        ("\x9b\u202e\ud800\u2028", "����"),
    ],
)
def test_only_what_is_obeyed_is_replaced(text, shown):
    """Letters of all scripts stay; a control character is its picture, or else a replacement character."""
    assert printable(text) == shown


def test_markup_is_text():
    """What looks like rich's markup is shown as it is."""
    assert plain("[red]x[/]").plain == "[red]x[/]"


@pytest.mark.parametrize("write", [complain, tell, lambda text: tell(text, error=True)])
def test_messages_keep_their_lines_and_nothing_else(write, capsys):
    """A message of several lines stays so, and no line of it is obeyed."""
    write(f"one\n{HOSTILE.replace(chr(10), '')}")
    out, err = capsys.readouterr()
    assert (out + err).count("\n") == 2
    assert not obeyed(out + err)


def test_explanations_and_comparisons_are_not_obeyed(console, file, configured, track):
    """Ids, names, keys and values of an event are shown by --explain and --diff, and none of them is obeyed."""
    event = track(
        HOSTILE,
        messageId=HOSTILE,
        properties={HOSTILE: HOSTILE, "increment": {HOSTILE: "x"}},
        integrations={HOSTILE: True},
    )
    subscriptions = (
        {
            "name": HOSTILE,
            "partnerAction": "trackEvent",
            "subscribe": 'type = "track"',
            "mapping": {"app_name": HOSTILE},
        },
        {"name": "Counts", "partnerAction": "incrementProperties", "subscribe": 'type = "track"'},
        {"name": "Never", "partnerAction": "trackEvent", "subscribe": 'event = "x"'},
    )
    before = configured({**subscriptions[0], "mapping": {"event": "E"}}, folder="before")
    after = configured(*subscriptions, folder="after")
    print_explanation(console, Explainer(after).explain(event))
    comparison = Comparison.of(before, after)
    comparison.add(*(Previewer(each.destination).preview(event) for each in (before, after)))
    print_comparison(console, comparison)
    text = file.getvalue()
    assert "␛]0;owned␇�31m[red]" in text
    assert not obeyed(text)


def test_the_report_of_the_local_stack_is_not_obeyed(console, file, monkeypatch):
    """Samples, events, profiles, groups and dead letters are shown as they are."""
    sandbox = Sandbox()
    monkeypatch.setattr(
        sandbox, "events", lambda: [{"event": HOSTILE, "properties": {"distinct_id": HOSTILE, "$insert_id": HOSTILE}}]
    )
    monkeypatch.setattr(sandbox, "profiles", lambda: {HOSTILE: {HOSTILE: HOSTILE}})
    monkeypatch.setattr(sandbox, "groups", lambda: {HOSTILE: {HOSTILE: {HOSTILE: HOSTILE}}})
    report.print_sent(console, [Sent(HOSTILE, HOSTILE, 1, 200)])
    report.print_way(console, Counter(), {})
    report.print_mixpanel(console, sandbox)
    failure = Failure(HOSTILE, HOSTILE)
    letter = Envelope("web", "2026-01-15T10:00:00.000Z", "r", (Item.of({"event": HOSTILE}),), destination=HOSTILE)
    report.print_dead_letters(console, [letter, replace(letter, failure=failure)])
    text = file.getvalue()
    assert text.count("[red]") >= 12
    assert not obeyed(text)


def test_tables_are_never_cut(file, monkeypatch):
    """A cell without blanks goes on in the next line; in a file or a pipe, there is room for it in one."""
    table = open_table("a", "b", title="T")
    table.add_row(plain("x" * 100), plain("y" * 100))
    Console(file=file, width=60).print(table)
    assert (file.getvalue().count("x"), file.getvalue().count("y")) == (100, 100)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stdout", file)
    open_console().print(table)
    assert f"│ {'x' * 100} │ {'y' * 100} │\n" in file.getvalue()


def test_a_terminal_and_columns_say_how_wide_a_table_may_be(monkeypatch):
    """The variable COLUMNS counts everywhere, and otherwise the terminal's own width."""
    monkeypatch.setenv("COLUMNS", "77")
    assert open_console().width == 77
    monkeypatch.delenv("COLUMNS")
    _, its_end = pty.openpty()
    with os.fdopen(its_end, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        assert open_console().width == 80
