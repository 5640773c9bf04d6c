"""The records of one event before and after, paired: what was added, removed, changed, or moved."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple, TypeAlias

import orjson

from switchyard.destinations.base import Operation
from switchyard.events import Json
from switchyard_cli.preview.excerpt import json_of
from switchyard_cli.preview.preview import Sent

Whose: TypeAlias = Callable[[Operation], Json]
"""Says what an operation changes, as a destination type knows it."""


class Pair(NamedTuple):
    """A record before and after, None where there is none; one that only moved is the same on both sides."""

    action: str
    before: bytes | None
    after: bytes | None


class _Record(NamedTuple):
    kind: tuple[str, str]  # action and endpoint
    whose: bytes | None  # what it changes; None where its place does not matter
    json: bytes  # its keys sorted: their order makes no difference


def different_records(before: Sequence[Sent], after: Sequence[Sent], whose: Whose) -> Iterator[Pair]:
    """Yield what differs. Which subscription a record comes from makes no difference.

    Records are paired in their order within an action and an endpoint. Those that are the same have moved if another
    one about the same user (or whatever ``whose`` says) takes their place: the last update is the one that stays.
    """
    if [each[1:] for each in before] == [each[1:] for each in after]:
        return  # nearly always: byte for byte the same
    old, new = ([_record(each, whose) for each in side] for side in (before, after))
    for kind in dict.fromkeys(each.kind for each in (*old, *new)):
        gone, come = _of_kind(_without(old, new), kind), _of_kind(_without(new, old), kind)
        for one, other in zip_longest(gone, come):
            yield Pair(kind[0], one and one.json, other and other.json)
    yield from _moved(_without(old, _without(old, new)), _without(new, _without(new, old)))


def _record(sent: Sent, whose: Whose) -> _Record:
    record = orjson.loads(sent.record)
    changes = whose(Operation(sent.endpoint, record))
    subject = None if changes is None else json_of(changes)
    return _Record((sent.action, sent.endpoint), subject, orjson.dumps(record, option=orjson.OPT_SORT_KEYS))


def _of_kind(records: Iterable[_Record], kind: tuple[str, str]) -> Iterator[_Record]:
    return (each for each in records if each.kind == kind)


def _without(records: Iterable[_Record], others: Iterable[_Record]) -> list[_Record]:
    """Return the records that are not among the others; each of those counts once."""
    left = Counter(others)
    unpaired = []
    for record in records:
        left[record] -= 1
        if left[record] < 0:
            unpaired.append(record)
    return unpaired


def _moved(old: Sequence[_Record], new: Sequence[_Record]) -> Iterator[Pair]:
    """Yield those of the same records, in two orders, that stand elsewhere among those about the same."""
    for whose in dict.fromkeys(each.whose for each in old if each.whose is not None):
        before, after = ([each for each in side if each.whose == whose] for side in (old, new))
        for one, other in zip(before, after, strict=True):
            if one != other:
                yield Pair(other.kind[0], other.json, other.json)
