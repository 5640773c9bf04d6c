"""``@liquid``: liquidjs's results, Segment's limits, no clock, and python-liquid loaded only where it is needed."""

import os
import subprocess
import sys
from typing import Any

import pytest

from switchyard.errors import InvalidEvent, MappingError
from switchyard.mapping import compile_mapping


def render(template, event=None):
    """Evaluate ``@liquid`` on the event."""
    return compile_mapping({"@liquid": template})(event or {})


def test_only_a_mapping_with_liquid_loads_the_package():
    """Whoever has no ``@liquid`` never loads python-liquid, which would take a tenth of a second of a cold start."""
    program = 'import sys; from switchyard.mapping import *; compile_mapping({"x": 1}); print("liquid" in sys.modules)'
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", ""),
        ("{{ no }}|{{ null }}|{{ no.x.y }}", "||"),
        ("{{ yes }}|{{ one }}|{{ big }}", "true|1|1e+21"),
        ("{{ list }}|{{ object }}", "12a|[object Object]"),
        ("{{ text.size }}|{{ text.length }}|{{ list.first }}", "3|3|1"),
        ("{{ html }}|{{ html | escape }}", "<b>|&lt;b&gt;"),
        ("{% if zero %}T{% endif %}{% if empty %}T{% endif %}{% unless no %}U{% endunless %}", "TTU"),
        ("{% assign k = 5 | plus: 1 %}{{ k }}{% echo yes %}{% capture c %}z{% endcapture %}{{ c }}", "6truez"),
        ("{% comment %}x{% endcomment %}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{{ crlf }}", "a\r\nb"),
        ("{% if no == blank %}T{% endif %}{% if null != blank %}T{% else %}F{% endif %}", "TF"),
        (
            "{% unless text == blank or no.x == blank %}T{% else %}{% if zero != blank %}U{% endif %}{% endunless %}",
            "U",
        ),
        ("{{ (1..3) }}", "123"),
    ],
)
def test_values_show_as_in_liquidjs(template, expected):
    """Values show as in liquidjs: JavaScript's text, arrays without separators, nothing escaped, 0 and "" true."""
    event: dict[str, Any] = {
        "null": None,
        "yes": True,
        "one": 1.0,
        "big": 1e21,
        "list": [1, 2.0, "a"],
        "object": {"a": 1},
    }
    event |= {"text": "hey", "html": "<b>", "zero": 0, "empty": "", "crlf": "a\r\nb"}
    assert render(template, event) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("10 | divided_by: 4", "2.5"),
        ("2.5 | times: 2", "5"),
        ("0.1 | plus: 0.2", "0.30000000000000004"),
        ("'7' | minus: '3'", "4"),
        ("neg | modulo: 3", "2"),
        ("2.5 | round", "3"),
        ("1.005 | round: 1", "1"),
        ("1.005 | round: 2", "1.01"),
        ("'-2.5' | round", "-3"),
        ("-5 | round: -1", "-10"),
        ("'a,,b,,' | split: ',' | size", "3"),
        ("html | escape", "&lt;a&gt;&#34;&#39;&amp;lt;"),
        ("html | escape_once", "&lt;a&gt;&#34;&#39;&lt;"),
        ("html | url_encode", "%3Ca%3E%22'%26lt%3B"),
        ("'12.50' | truncate: 5", "12.50"),
        ("text | truncate: 2", "..."),
        ("'5' | slice: -3, 2", ""),
        ("yes | append: null | append: list", "true12a"),
        ("text | append: yes", "heytrue"),
        ("object | upcase", "[OBJECT OBJECT]"),
        ("list | join: '-'", "1-2-a"),
        ("list | join", "1 2 a"),
        ("list | json", '[1,2,"a"]'),
        ("text | slice: -2, 2", "ey"),
        ("list | slice: 1", "2"),
        ("text | first", "h"),
        ("list | last", "a"),
        ("null | first", ""),
        ("text | size", "3"),
        ("list | size", "3"),
        ("yes | size", "0"),
        ("text | replace: '', '-'", "h-e-y"),
        ("text | replace: 'e', list", "h12ay"),
        ("'x' | times: 2", "0"),
        ("no | default: 'D'", "D"),
        ("'<a>' | escape | truncate: 5", "&l..."),
        ("'2024-01-02T03:04:05+05:30' | date: '%Y-%m-%d %H:%M'", "2024-01-01 21:34"),
        ("'2024-01-02T03:04:05' | date: '%H:%M %z'", "03:04 +0000"),
        ("1704164645 | date: '%Y-%m-%d'", "2024-01-02"),
        ("text | date: '%Y'", "hey"),
        ("'99999999999999999999' | date: '%Y'", "99999999999999999999"),
    ],
)
def test_filters_give_what_they_give_in_liquidjs(filters, expected):
    """Filters give what they give in liquidjs: numbers are doubles, halves round away from zero, dates are in UTC."""
    event: dict[str, Any] = {"yes": True, "null": None, "list": [1, 2.0, "a"], "object": {}, "text": "hey", "neg": -7}
    event["html"] = "<a>\"'&lt;"
    assert render("{{ " + filters + " }}", event) == expected


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{% for i in list %}{{ i }}{% endfor %}", "there is no tag 'for'"),
        ("{% case x %}{% endcase %}", "there is no tag 'case'"),
        ("{% render 'x' %}", "there is no tag 'render'"),
        ("{{ x | sort }}", "there is no filter 'sort'"),
        ("{{ x | upcas }}", "there is no filter 'upcas'; did you mean 'upcase'?"),
        ("{{ x ", "this is not Liquid: expected '}}', found end of file"),
        ("{% if %}{% endif %}", "this is not Liquid: missing expression"),
        ("{% nope %}", "this is not Liquid"),
    ],
)
def test_what_segment_forbids_does_not_compile(template, message):
    """Loops, partials and the filters that Segment forbids do not compile, nor does what is not Liquid."""
    with pytest.raises(MappingError) as error:
        compile_mapping({"f": {"@liquid": template}})
    assert error.value.path == "f.@liquid"
    assert message in error.value.message


@pytest.mark.parametrize("now", ["{{ 'now' | date: '%Y' }}", "{{ 'today' | date: '%Y' }}"])
def test_a_template_has_no_clock(now):
    """A template has no clock, so that an event delivered twice is delivered the same (promise 3)."""
    with pytest.raises(InvalidEvent, match="no clock"):
        render(now)
    assert render("{{ now }}{{ today }}") == ""
    assert render("{{ now }}", {"now": "mine"}) == "mine"


@pytest.mark.parametrize("filters", ["1 | divided_by: 0", "'abc' | base64_decode", "1.5 | round: huge"])
def test_a_filter_that_fails_costs_the_field_and_shows_no_value(filters):
    """A filter that fails makes the directive fail, with no value of the event in the reason (promise 7)."""
    with pytest.raises(InvalidEvent) as failure:
        render("{{ secret | append: 'x' }}{{ " + filters + " }}", {"secret": "secret", "huge": 10**9})
    assert failure.value.reason.startswith("@liquid fails with ")
    assert "secret" not in failure.value.reason


@pytest.mark.parametrize(
    "template",
    [
        "{{ x }}" * 100,
        "{{ x | replace: '', x | size }}",
        "{{ list | join: x | size }}",
        "{{ (1..99999999) }}",
        "{% assign y = x %}" + "{% assign y = y | append: y %}" * 20 + "{{ y }}",
    ],
)
def test_a_template_cannot_fill_the_memory(template):
    """Text that a template makes of an event is stopped at a million characters."""
    with pytest.raises(InvalidEvent):
        render(template, {"x": "x" * 20_000, "list": list("abc") * 1000})


def test_a_template_inside_an_array_sees_the_item():
    """Inside an ``@arrayPath`` a template sees the item, or nothing if that is no object."""
    mapping = {"@arrayPath": ["$.items", {"t": {"@liquid": "{{ a }}!"}}]}
    assert compile_mapping(mapping)({"items": [{"a": 1}, "text"]}) == [{"t": "1!"}, {"t": "!"}]
