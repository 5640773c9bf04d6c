"""``@template``: placeholders, passes and JavaScript's text for values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.errors import InvalidEvent
from switchyard.mapping import compile_mapping

EVENT = {"x": "v", "o": {"a": 1}, "list": [1, [2, None], "z"], "yes": True, "no": False, "null": None, "y": "Y"}


def fill(template, event=EVENT):
    """Evaluate ``@template`` on the event."""
    return compile_mapping({"@template": template})(event)


@given(st.text().filter(lambda text: "{{" not in text))
def test_a_template_without_placeholders_is_itself(text):
    """A template without placeholders is itself."""
    assert fill(text) == text


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Viewed {{ x }}!", "Viewed v!"),
        ("{{o.a}} {{list[0]}}", "1 1"),
        ("{{yes}} {{no}}", "true false"),
        ("<{{null}}{{missing}}>", "<>"),
        ("{{o}}", "[object Object]"),
        ("{{list}}", "1,2,,z"),
        ("{{ }}", "[object Object]"),
        ("{{{x}}}", "v"),
    ],
)
def test_placeholders_show_what_javascript_shows(template, expected):
    """A placeholder shows ``String(value)``, and nothing for null or missing; blanks around the path do not count."""
    assert fill(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{}}", "{{}}"),
        ("{{x", "{{x"),
        ("{{x} {{x}}", "{{x} v"),
        ("{{a}b}} {{x}}", "{{a}b}} v"),
        ("{{x}}}", "v}"),
        ("{{{{x}}}}", "}"),
        ("{{{x} {{x}}", "{{{x} v"),
        ("{{$.x}}", ""),
    ],
)
def test_odd_braces_stay_as_they_are(template, expected):
    """Braces that do not match stay as they are; ``$.`` is not dropped inside braces."""
    assert fill(template) == expected


def test_what_triple_braces_bring_in_is_filled_again():
    """Placeholders in a value are filled if triple braces brought them in, not if double ones did."""
    assert fill("{{{x}}} {{y}}", {"x": "{{y}}", "y": "Y"}) == "Y Y"
    assert fill("{{x}} {{y}}", {"x": "{{y}}", "y": "$& Y"}) == "{{y}} $& Y"


def test_blanks_in_braces_are_those_of_javascript():
    """The path in braces is trimmed of what JavaScript takes for blank, no more and no less."""
    assert fill("{{\ufeff x\u00a0}}|{{\x1cx}}", {"x": "X", "\x1cx": "other"}) == "X|other"


def test_a_directive_may_yield_the_template():
    """The template may come from another directive."""
    assert fill({"@path": "$.t"}, {"t": "Hi {{y}} {{{y}}}", "y": 1}) == "Hi 1 1"


def test_an_event_cannot_grow_a_text_without_end():
    """Text grows to a million characters at most, even if an event fills its placeholders with placeholders."""
    with pytest.raises(InvalidEvent, match="the text grows beyond 1048576 characters"):
        fill("{{{a}}}", {"a": "{{b}}" * 2000, "b": "b" * 10_000})


@given(st.text("{}x ", max_size=40))
def test_any_braces_in_an_event_are_filled(text):
    """Whatever braces an event brings along, a template made of them gives text."""
    assert isinstance(fill({"@path": "$.t"}, {"t": text, "x": text}), str)
