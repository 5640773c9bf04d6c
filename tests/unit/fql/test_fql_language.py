"""What a condition means: operators, types, missing fields, precedence, names and strings."""

import pytest

from switchyard.fql import compile_fql

EVENT = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u-1",
    "anonymousId": "a-1",
    "context": {"app": {"version": "2.0", "build": None}, "library": {"name": "analytics-kotlin"}},
    "integrations": {"All": False, "Google Ads": True},
    "properties": {
        "total": 25,
        "discount": -1.5,
        "paid": True,
        "gift": False,
        "coupon": "",
        "count": 0,
        "code": "5",
        "tags": ["sale", 1, True, None],
        "address": {"city": "Oslo"},
        "items": [{"sku": "a"}, {"sku": "b"}],
        "grid": [[1, 2], [3, 4]],
        "none": None,
    },
}


def holds(condition, event=EVENT):
    """Whether the condition is true of the event."""
    return compile_fql(condition)(event)


@pytest.mark.parametrize(
    "condition",
    [
        'type = "track"',
        "type = 'track'",
        'event != "Order Refunded"',
        'context.app.version = "2.0"',
        "integrations.All = false",
        'anonymousId = "a-1" and groupId = null',
        'match(context.app.version, "2.*")',
        '!contains(context.library.name, "js")',
        '"sale" in properties.tags',
        '!("outlet" in properties.tags)',
        'type in ["track", "page"]',
        '!(type in ["identify", "group"])',
        "properties.paid or type = 'page'",
        "type = 'track' and (event = 'Nothing' or match(event, 'Order *'))",
        "(type = 'page' or type = 'track') and (properties.paid or match(traits.email, '*@example.com'))",
        "length(userId) > 0",
        "length(traits.name) = 0",
        "typeof(properties.total) = 'number'",
    ],
)
def test_every_form_that_segment_documents_is_understood(condition):
    """Operators, groups, lists, bare fields, functions and both quotes mean what Segment's FQL page says."""
    assert holds(condition)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("properties.total = 25", True),
        ("properties.total = 25.0", True),
        ("properties.total = 2.5e1", True),
        ("properties.total = +25", True),
        ('properties.total = "25"', False),
        ('properties.code = "5"', True),
        ("properties.code = 5", False),
        ("properties.paid = true", True),
        ("properties.paid = 1", False),
        ("properties.count = false", False),
        ("properties.gift = 0", False),
        ("properties.gift = false", True),
        ('properties.paid = "true"', False),
        ("properties.count = null", False),
        ("properties.coupon = null", False),
        ('properties.coupon = ""', True),
        ('properties.tags = ["sale", 1, true, null]', True),
        ('properties.tags = ["sale", true, 1, null]', False),
        ('properties.tags = ["sale", 1, true]', False),
        ('properties.address = "Oslo"', False),
        ("properties.address = properties.address", False),
        ("properties.items = properties.items", False),
        ("properties.address = null", False),
        ("properties.discount = -1.5", True),
        ("userId = anonymousId", False),
        ("userId = userId", True),
        ("25 = properties.total", True),
        ('"track" = type', True),
        ("true = properties.paid", True),
    ],
)
def test_values_are_equal_only_within_their_type(condition, expected):
    """A string equals a string, a number a number, a boolean a boolean, a list a list item by item."""
    assert holds(condition) is expected
    assert holds(condition.replace(" = ", " != ")) is not expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("properties.total > 24.9", True),
        ("properties.total > 25", False),
        ("properties.total >= 25", True),
        ("properties.total < 25", False),
        ("properties.total <= 25", True),
        ("properties.discount < -1", True),
        ("properties.discount < 0.15e1", True),
        ("5 < properties.total", True),
        ("properties.total > properties.discount", True),
        ("properties.code > 1", False),
        ("properties.code <= 9", False),
        ("properties.paid >= 1", False),
        ("properties.gift <= 0", False),
        ("properties.none < 1", False),
        ("properties.tags < 1", False),
        ("event < type", False),
        ("properties.gift < properties.paid", False),
    ],
)
def test_only_numbers_have_an_order(condition, expected):
    """A comparison of order with anything but two numbers is false."""
    assert holds(condition) is expected


@pytest.mark.parametrize("field", ["type", "userId", "properties.x", "properties.x.y", "traits.email", "context.a"])
@pytest.mark.parametrize("event", [{}, {"properties": None}, {"properties": {"x": None}, "userId": None}])
def test_a_missing_field_is_null(field, event):
    """Of a missing field, only `= null`, `!= x` and negations are true."""
    true = ["{} = null", '{} != "x"', "{} != 5", "{} != true", "!({} > 1)", '!contains({}, "x")', "!{}.z"]
    false = ["{} != null", '{} = "x"', "{} > 1", "{} <= 1", 'contains({}, "x")', 'match({}, "*")', '{} in ["x"]']
    usable = [form for form in true if "." in field or ".z" not in form]
    assert [form for form in usable if not holds(form.format(field), event)] == []
    assert [form for form in false if holds(form.format(field), event)] == []


@pytest.mark.parametrize("value", ["", 0, False, [], {}])
def test_an_empty_value_is_not_missing(value):
    """Empty strings and lists, zero and false are values."""
    assert holds("properties.x != null", {"properties": {"x": value}})


@pytest.mark.parametrize("value", ["", "abc", 0, 7, True, ["a"], None])
def test_a_path_through_something_that_is_no_object_leads_nowhere(value):
    """What lies inside a string, a number or a list's items by name is null."""
    assert holds("properties.x.length = null", {"properties": {"x": value}})
    assert holds("properties.x.y.z = null", {"properties": value})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('"sale" in properties.tags', True),
        ("1 in properties.tags", True),
        ("true in properties.tags", True),
        ("null in properties.tags", True),
        ("0 in properties.tags", False),
        ("properties.paid in [1]", False),
        ("properties.total in [1, 25]", True),
        ("properties.x in [null]", True),
        ("type in []", False),
        ('"a" in event', False),
        ('"x" in properties.x', False),
        ('"a" in properties.items', False),
    ],
)
def test_in_finds_a_value_in_a_list_by_equality(condition, expected):
    """`in` is true where one item of the list is equal to the value, of the same type."""
    assert holds(condition) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("true or false and false", True),
        ("(true or false) and false", False),
        ("false and false or true", True),
        ("false and (false or true)", False),
        ("!false or true", True),
        ("!(false or true)", False),
        ("!true and false", False),
        ("!(true and false)", True),
        ('!type = "track"', False),
        ('!type = "page"', True),
        ("!!true", True),
        ("!(!(true)) and ((true))", True),
        ("true and null", False),
        ("!null", True),
    ],
)
def test_and_binds_tighter_than_or_and_not_tightest(condition, expected):
    """`!` takes the comparison or group after it, then `and`, then `or`; groups nest."""
    assert holds(condition) is expected


@pytest.mark.parametrize("value", ["true", 1, ["x"], {"a": 1}, "", None])
def test_a_bare_field_holds_only_for_the_boolean_true(value):
    """`and`, `or` and `!` look at booleans: any other value is not true."""
    event = {"properties": {"x": value}}
    assert not holds("properties.x", event)
    assert not holds("properties.x and true", event)
    assert holds("!properties.x", event)
    assert holds("properties.x", {"properties": {"x": True}})


@pytest.mark.parametrize(
    "condition",
    [
        'properties.x=5and type="track"',
        "properties.x>=5 or properties.x!=5",
        "properties.x\n=\t5\r\n",
        " properties.x =5 ",
    ],
)
def test_spaces_are_free(condition):
    """Operators need no spaces around them, and lines may break anywhere between words."""
    assert holds(condition.replace("5and", "5 and"), {"type": "track", "properties": {"x": 5}})


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"say \"hi\""', 'say "hi"'),
        (r"'it\'s'", "it's"),
        ("'say \"hi\"'", 'say "hi"'),
        ('"it\'s"', "it's"),
        (r'"C:\\dir"', r"C:\dir"),
        (r'"C:\dir"', r"C:\dir"),
        (r'"a\nb"', r"a\nb"),
        ('"two\nlines"', "two\nlines"),
        ('"ünï 日本 😀"', "ünï 日本 😀"),
        ('""', ""),
        ('"and or ( ] !="', "and or ( ] !="),
    ],
)
def test_strings_have_two_quotes_and_escapes(literal, value):
    """A backslash escapes a quote or a backslash; before anything else it stands for itself."""
    assert holds(f"event = {literal}", {"event": value})


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("a-b_c9", "a-b_c9"),
        ("1st", "1st"),
        ("-x", "-x"),
        (r"product\ 1", "product 1"),
        (r"\$price", "$price"),
        (r"caf\é", "café"),
        (r"a\.b", "a.b"),
        (r"a\\b", r"a\b"),
        (r"\"q\"", '"q"'),
        (r"x\[y\]", "x[y]"),
        ("and", "and"),
        ("or", "or"),
        ("in", "in"),
        ("null", "null"),
        ("true", "true"),
        ("order", "order"),
        ("0", "0"),
    ],
)
def test_odd_names_are_escaped(name, key):
    """A backslash makes the next character part of a field's name; keywords need none inside a path."""
    assert holds(f'properties.{name} = "v"', {"properties": {key: "v"}})
    assert holds(f'properties.{name}.in = "v"', {"properties": {key: {"in": "v"}}})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (r'properties.items\[1\].sku = "b"', True),
        (r'properties.items\[0\].sku = "b"', False),
        (r"properties.items\[2\].sku = null", True),
        (r"properties.address\[0\] = null", True),
        (r"properties.code\[0\] = null", True),
        (r"properties.grid\[1\]\[0\] = 3", True),
    ],
)
def test_an_item_of_a_list_is_written_as_segments_editor_writes_it(condition, expected):
    r"""`items\[1\]` is the second item of the list `items`; outside a list there is none."""
    assert holds(condition) is expected


def test_whole_numbers_are_compared_exactly():
    """An integer beyond a double's precision equals itself only."""
    event = {"properties": {"id": 9007199254740993}}
    assert holds("properties.id = 9007199254740993", event)
    assert not holds("properties.id = 9007199254740992", event)


def test_long_conditions_do_not_deepen_the_stack():
    """Four hundred alternatives are as good as two."""
    alternatives = " or ".join(f"name='{number}'" for number in range(200))
    assert holds(alternatives, {"name": "199"})
    assert not holds(" and ".join(["true"] * 400) + " and name = 'x'", {"name": "199"})
