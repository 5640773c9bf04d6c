"""Against Segment's own engine: the same answer on every line, or a difference that is named here with its reason.

``conformance/fql.jsonl`` holds conditions and events, ``fql.golden.jsonl`` what Segment's engine
(``destination-subscriptions``) answers. Where that engine departs from the FQL that Segment documents, we follow the
documentation; where it swallows a mistake, we raise ``FqlError``.
"""

import json
from pathlib import Path

import pytest

from switchyard.errors import FqlError
from switchyard.fql import compile_fql

NULL = "null is a missing or null value for every field; Segment compares type and event with the string null"
TYPES = "types are strict both ways; Segment compares with the text of a literal, and != true holds for true"
MISSING = "!= holds for another type and ! for a missing field; Segment wants a value of the right type first"
QUOTES = "single quotes delimit a string; Segment keeps them in the value"
ESCAPES = "a backslash escapes a quote inside a string; Segment ends the string there"
MATCH = "match takes * and ? anywhere and covers the whole text; Segment only tests a start or an end"
PRECEDENCE = "and binds tighter than or; Segment applies the last of them to the whole level"
NESTING = "groups nest and hold calls; Segment ends a group at the first closing parenthesis"
NOT = "! negates groups and comparisons; Segment ignores it before anything but a call"
FIELDS = "every top-level field counts; Segment skips the conditions on those that it does not know"
NAMES = "an escaped dot, a leading digit or a keyword is part of a name; Segment splits or stops there"
PATHS = "a path leads through objects only; Segment reads .length and passes through empty values"
WHOLE = "properties alone is the object; Segment looks for a key of that name inside it"
NUMBERS = "numbers have exponents; Segment reads 1e5 as 1"
SPACES = "operators need no spaces, and lines may end in CR LF; Segment refuses both"
FUNCTIONS = "the documented functions and in work, on either side; Segment's engine lacks them"
CONSTANTS = "true is a condition; Segment's engine skips it"
FOREIGN = "an operator of another language is an error; Segment skips or misreads it"
CASE = "and, or are lower case, else an error; Segment skips AND, OR and so joins with and"
REST = "what follows a whole condition is an error; Segment skips it"
TORN = "a condition that breaks off is an error; Segment skips what is missing or compares with its end marker"
UNQUOTED = "a string without quotes is an error; Segment takes the bare word"
ILL_TYPED = "an operand of a type that can never work is an error; Segment converts it or never matches"
BAD_NUMBER = "a number without a digit before the point, or without any, is an error; Segment never matches"
UNKNOWN = "a field that no event has is an error; Segment looks inside properties"

ERROR = "error"
"""What a condition gives that cannot be compiled."""

DIFFERENCES = {
    1: ("event = null", True, NULL),
    2: ("event = null", True, NULL),
    3: ("event != null", False, NULL),
    5: ("event = null", False, NULL),
    9: ("userId = 5", True, TYPES),
    10: ("userId = 5", False, TYPES),
    13: ("userId != true", False, TYPES),
    16: ("properties.x != true", False, TYPES),
    17: ("properties.x != true", True, TYPES),
    20: ("properties.x != 5", True, MISSING),
    21: ("properties.x != 5", True, MISSING),
    24: ("properties.x = 'y'", True, QUOTES),
    25: ("properties.x = 'y'", False, QUOTES),
    26: (r'properties.x = "a\"b"', True, ESCAPES),
    27: ("properties.x = 'a\"b'", False, QUOTES),
    30: ('properties.x = """"', ERROR, REST),
    32: ('!contains(event, "A")', True, MISSING),
    34: ('contains(type, "tra")', True, FIELDS),
    35: ('type = "track" and contains(type,"zzz")', False, FIELDS),
    36: ("contains(properties.n, 5)", ERROR, ILL_TYPED),
    41: ('match(event, "*foo*")', True, MATCH),
    42: ('match(event, "foo")', False, MATCH),
    44: ("match(event, 'foo*')", True, QUOTES),
    47: ('match(event,"f?o*")', True, MATCH),
    49: ('event = "a" or type = "track" and event = "z"', True, PRECEDENCE),
    50: ('type = "track" AND event = "x"', ERROR, CASE),
    51: ('type = "track" OR type = "page"', ERROR, CASE),
    52: ('type = "track" OR type = "page"', ERROR, CASE),
    54: ('type = "track" and (contains(event,"x") or event = "y")', False, NESTING),
    57: ('((type = "track") and event = "a")', True, NESTING),
    59: ('type = "track")', ERROR, REST),
    61: ('!(type = "track")', False, NOT),
    62: ('!(type = "track")', True, NOT),
    63: ('!type = "track"', False, NOT),
    64: ('anonymousId = "a"', True, FIELDS),
    65: ('type = "track" and anonymousId = "a"', False, FIELDS),
    66: ('messageId != null and type = "track"', False, FIELDS),
    68: ('groupId = "g"', True, FIELDS),
    73: (r'properties.x\.y = "z"', True, NAMES),
    74: (r'properties.x\.y = "z"', False, NAMES),
    80: ("properties.s.length > 2", False, PATHS),
    82: ("properties.e.k != null", False, PATHS),
    86: ('properties.1x = "z"', True, NAMES),
    89: ('properties.or = "z"', True, NAMES),
    90: ('properties.and = "z"', True, NAMES),
    91: ('properties.null = "z"', True, NAMES),
    98: ('properties = "z"', False, WHOLE),
    99: ("properties != null", True, WHOLE),
    100: ("properties.x > 1e5", False, NUMBERS),
    103: ('properties.x > "1"', ERROR, ILL_TYPED),
    106: ("properties.x = .5", ERROR, BAD_NUMBER),
    108: ("properties.x = -", ERROR, BAD_NUMBER),
    112: ("properties.x>5", True, SPACES),
    113: ("properties.x>=5", True, SPACES),
    114: ("properties.x!=5", True, SPACES),
    116: ('type!="track"', True, SPACES),
    117: ('type == "track"', ERROR, FOREIGN),
    118: ('type <> "track"', ERROR, FOREIGN),
    120: ("type = track", ERROR, UNQUOTED),
    121: ('type = "track" event = "x"', ERROR, REST),
    122: ('type = "track",event = "x"', ERROR, REST),
    125: ('\ttype\n=\n"track"\r\n', True, SPACES),
    128: ("type = ", ERROR, TORN),
    129: ("event = true", False, TYPES),
    130: ("event = 5", False, TYPES),
    131: ("event = 5", True, TYPES),
    133: ('event >= "5"', ERROR, ILL_TYPED),
    134: ('lowercase(event) = "x"', True, FUNCTIONS),
    135: ('typeof(event) = "string"', True, FUNCTIONS),
    136: ("length(event) > 1", True, FUNCTIONS),
    137: ('"x" = event', True, FUNCTIONS),
    138: ('type in ["track"]', True, FUNCTIONS),
    141: ('contains(event "a")', ERROR, TORN),
    149: ('contains(traits, "x")', False, WHOLE),
    150: ('contains(propertiesfoo, "x")', ERROR, UNKNOWN),
    154: ('type = "track" an', ERROR, REST),
    155: ('type = "track" and', ERROR, TORN),
    156: ('type = "track" or', ERROR, TORN),
    157: ("true", True, CONSTANTS),
    158: ('type = "track" or true', True, CONSTANTS),
    159: ('type = "track"; event = "x"', ERROR, FOREIGN),
}
"""By line number: the condition, what it gives here, and why that is not what Segment's engine gives."""


def lines(name):
    """The JSON lines of one file of the corpus."""
    corpus = Path(__file__).parent / "conformance" / name
    return [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]


CASES = list(zip(lines("fql.jsonl"), lines("fql.golden.jsonl"), strict=True))


def ours(condition, event):
    """What the condition gives here."""
    try:
        return compile_fql(condition)(event)
    except FqlError:
        return ERROR


@pytest.mark.parametrize("number", range(1, len(CASES) + 1))
def test_a_condition_gives_what_segment_gives_or_differs_for_a_reason(number):
    """Every line agrees with Segment's engine, errors included, unless DIFFERENCES says what it gives and why."""
    case, golden = CASES[number - 1]
    segments = ERROR if "error" in golden else golden["match"]
    condition, expected, _reason = DIFFERENCES.get(number, (case["fql"], segments, None))
    assert case["fql"] == condition
    assert ours(condition, case.get("event", {})) == expected


def test_no_difference_is_listed_that_is_none():
    """Each entry of DIFFERENCES gives something else than Segment's engine does."""
    golden = {number: ERROR if "error" in result else result["match"] for number, (_, result) in enumerate(CASES, 1)}
    assert [number for number, (_, expected, _) in DIFFERENCES.items() if golden[number] == expected] == []
