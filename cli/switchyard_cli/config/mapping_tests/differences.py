"""Expected and made JSON, compared."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from switchyard.events import Json
from switchyard_cli.config.documents import Location

NOTHING: Final = object()
"""Stands for a value where there is none."""


class Difference(NamedTuple):
    """One value that is not as expected; ``location`` leads to it."""

    location: Location
    expected: Json
    made: Json


def compare_exactly(expected: Sequence[Json], made: Sequence[Json], location: Location) -> Iterator[Difference]:
    """Yield where two lists of operations are not the same, one by one; members that are not expected may be anything.

    A record that is expected is the whole record.
    """
    for number, (one, other) in enumerate(zip_longest(expected, made, fillvalue=NOTHING)):
        yield from _differing_members(one, other, (*location, number), exact=True)


def compare_in_part(expected: Sequence[Json], made: Sequence[Json], location: Location) -> Iterator[Difference]:
    """Yield what is expected and is not among what was made, in the same order, or differs there.

    Objects may have more keys than are expected. What was not found is compared with what comes closest to it.
    """
    rest = list(made)
    for number, one in enumerate(expected):
        tried = [list(_differing_members(one, other, (*location, number), exact=False)) for other in rest]
        if [] in tried:
            rest = rest[tried.index([]) + 1 :]
        else:
            yield from min(tried, key=len, default=[Difference((*location, number), one, NOTHING)])


def _differing_members(expected: Json, made: Json, location: Location, *, exact: bool) -> Iterator[Difference]:
    """Yield the differences of an operation in the members that are expected of it."""
    if expected is NOTHING or made is NOTHING:
        yield Difference(location, expected, made)
        return
    for name, value in expected.items():
        yield from _differences(value, made[name], (*location, name), exact=exact)


def _differences(expected: Json, made: Json, location: Location, *, exact: bool) -> Iterator[Difference]:
    if isinstance(expected, dict) and isinstance(made, dict):
        for key in {**expected, **made} if exact else expected:
            pair = expected.get(key, NOTHING), made.get(key, NOTHING)
            yield from _differences(*pair, (*location, key), exact=exact)
    elif isinstance(expected, list) and isinstance(made, list) and len(expected) == len(made):
        for index, pair in enumerate(zip(expected, made, strict=True)):
            yield from _differences(*pair, (*location, index), exact=exact)
    elif isinstance(expected, bool) is not isinstance(made, bool) or expected != made:
        yield Difference(location, expected, made)
