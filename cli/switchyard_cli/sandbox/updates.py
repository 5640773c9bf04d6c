"""Updates of user and group profiles: what ``/engage`` and ``/groups`` refuse, and what the operations do.

The operations are those of Mixpanel's reference pages "profile-set" to "profile-delete" and "group-set" to
"group-delete". A profile is never changed in place, so whoever reads one holds a value of that moment.
"""

import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, TypeAlias

from switchyard.events import Json
from switchyard_cli.sandbox.rules import Refusal, invalid, is_number, refuse_size, refuse_values

Profile: TypeAlias = dict[str, Any]
"""The properties of a user or group, under Mixpanel's own names, e.g. ``$email``."""

Update: TypeAlias = dict[str, Any]
"""``{"$token": ..., "$distinct_id": ..., "$set": {...}}``, or with ``$group_key`` and ``$group_id``."""

MAX_PROPERTIES: Final = 2000
_LARGEST: Final = 1e300  # sums of two such numbers are still finite

USER_OPERATIONS: Final = ("$set", "$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete")
GROUP_OPERATIONS: Final = ("$set", "$set_once", "$union", "$remove", "$unset", "$delete")


def refuse_user_update(record: Json, max_depth: int) -> Refusal | None:
    """Say why ``/engage`` refuses the record, None if it does not."""
    return _refuse_update(record, ("$token", "$distinct_id"), USER_OPERATIONS, max_depth)


def refuse_group_update(record: Json, max_depth: int) -> Refusal | None:
    """Say why ``/groups`` refuses the record, None if it does not."""
    return _refuse_update(record, ("$token", "$group_key", "$group_id"), GROUP_OPERATIONS, max_depth)


def operation_of(update: Update) -> str:
    """Name the one operation that an update holds."""
    return next(name for name in USER_OPERATIONS if name in update)


def apply(profile: Profile, update: Update) -> Profile | None:
    """Return the profile after the update, None when it is deleted; ``profile`` itself stays as it is."""
    operation = operation_of(update)
    return None if operation == "$delete" else _APPLY[operation](profile, update[operation])


def _refuse_update(
    record: Json, required: tuple[str, ...], operations: tuple[str, ...], max_depth: int
) -> Refusal | None:
    if not isinstance(record, dict):
        return invalid("data", "must be a JSON object")
    if absent := next((name for name in required if not _is_identifier(record.get(name))), None):
        return Refusal(absent, f"{absent}, missing or empty")
    present = [name for name in operations if name in record]
    if len(present) != 1:
        return invalid("data", f"must hold exactly one of {' '.join(operations)}")
    return _refuse_operand(present[0], record[present[0]], max_depth) or refuse_size(record, "data")


def _is_identifier(value: Json) -> bool:
    return is_number(value) or (isinstance(value, str) and bool(value))


def _refuse_operand(operation: str, operand: Json, max_depth: int) -> Refusal | None:
    fits, expected = _OPERANDS[operation]
    if not fits(operand):
        return invalid(operation, f"must be {expected}")
    if not isinstance(operand, dict):
        return None
    if len(operand) > MAX_PROPERTIES:
        return invalid(operation, f"must not hold more than {MAX_PROPERTIES} properties")
    return refuse_values(operand, operation, max_depth)


def _is_object(operand: Json) -> bool:
    return isinstance(operand, dict)


def _is_object_of_numbers(operand: Json) -> bool:
    return isinstance(operand, dict) and all(map(_is_summand, operand.values()))


def _is_object_of_lists(operand: Json) -> bool:
    return isinstance(operand, dict) and all(isinstance(value, list) for value in operand.values())


def _is_list_of_names(operand: Json) -> bool:
    return isinstance(operand, list) and all(isinstance(name, str) for name in operand)


def _is_nothing(operand: Json) -> bool:
    return operand is None or isinstance(operand, str)


_OPERANDS: Final[Mapping[str, tuple[Callable[[Json], bool], str]]] = {
    "$set": (_is_object, "an object"),
    "$set_once": (_is_object, "an object"),
    "$add": (_is_object_of_numbers, "an object of numbers"),
    "$append": (_is_object, "an object"),
    "$union": (_is_object_of_lists, "an object of lists"),
    "$remove": (_is_object, "an object"),
    "$unset": (_is_list_of_names, "a list of property names"),
    "$delete": (_is_nothing, "null or a string"),
}


def _set(profile: Profile, operand: Profile) -> Profile:
    return profile | operand


def _set_once(profile: Profile, operand: Profile) -> Profile:
    return operand | profile


def _add(profile: Profile, operand: dict[str, float]) -> Profile:
    numbers = {name: profile.get(name, 0) for name in operand}
    return profile | {name: n + operand[name] for name, n in numbers.items() if _is_summand(n)}


def _append(profile: Profile, operand: Profile) -> Profile:
    return profile | {name: [*known, operand[name]] for name, known in _lists(profile, operand).items()}


def _union(profile: Profile, operand: dict[str, list[Json]]) -> Profile:
    return profile | {name: _distinct([*known, *operand[name]]) for name, known in _lists(profile, operand).items()}


def _remove(profile: Profile, operand: Profile) -> Profile:
    lists = {name: known for name, known in _lists(profile, operand).items() if name in profile}
    return profile | {name: _without(known, operand[name]) for name, known in lists.items()}


def _unset(profile: Profile, operand: list[str]) -> Profile:
    unwanted = set(operand)
    return {name: value for name, value in profile.items() if name not in unwanted}


_APPLY: Final[Mapping[str, Callable[[Profile, Any], Profile]]] = {
    "$set": _set,
    "$set_once": _set_once,
    "$add": _add,
    "$append": _append,
    "$union": _union,
    "$remove": _remove,
    "$unset": _unset,
}


def _lists(profile: Profile, names: Mapping[str, Json]) -> dict[str, list[Json]]:
    """Find the lists that an operation can work on: what holds something else stays as it is."""
    known = {name: profile.get(name, []) for name in names}
    return {name: value for name, value in known.items() if isinstance(value, list)}


def _without(items: list[Json], unwanted: Json) -> list[Json]:
    identity = _identity(unwanted)
    return [item for item in items if _identity(item) != identity]


def _distinct(items: list[Json]) -> list[Json]:
    distinct: dict[Hashable, Json] = {}
    for item in items:
        distinct.setdefault(_identity(item), item)
    return list(distinct.values())


def _identity(value: Json) -> Hashable:
    """Return what two values share if JSON calls them equal: 1 and 1.0 do, 1 and true do not."""
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return isinstance(value, bool), value


def _is_summand(value: Json) -> bool:
    return is_number(value) and abs(value) <= _LARGEST
