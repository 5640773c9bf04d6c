"""What to do about dead letters: by their code, else by where they lie."""

from typing import Final

from switchyard_cli.dead_letters.letter import CRASHED, UNREADABLE, Why

_MEND_AND_REDRIVE: Final = "then redrive: today's mapping is applied"

_BY_CODE: Final = {
    "invalid": (
        "The destination will never take this record as it is. `dlq show` has the record as it was sent, `preview "
        f"--explain` says where each field comes from. Mend the mapping or the sender, {_MEND_AND_REDRIVE}."
    ),
    "missing_field": (
        f"The subscription found no value for a field that its action needs. Map it otherwise, {_MEND_AND_REDRIVE}."
    ),
    "invalid_field": (
        "A field has a value that the action cannot use. Mend the mapping (or narrow the subscription's condition, so "
        f"that such events are filtered), {_MEND_AND_REDRIVE}."
    ),
    "too_deep": "The event nests too deeply to be read. Mend the sender; purge these.",
    "subscription_gone": (
        "The subscription that was to make these records was renamed or removed. Give it its name back and redrive; or "
        "purge these, and `replay` their time: it applies today's subscriptions."
    ),
    "destination_gone": (
        "Put the destination back into the configuration under its name, or give the source one, deploy, and "
        "redrive; or purge these."
    ),
    "source_gone": "Put the source back into the configuration under its name, deploy, and redrive; or purge these.",
    "transient": (
        "It was tried for as long as RetryWindowHours says, and the destination never confirmed it. Once the "
        "destination is well again, redrive."
    ),
    "internal_error": (
        "A mistake of Switchyard's: the function's log names it. Nothing is lost; redrive with a release that mends it."
    ),
    CRASHED: (
        "The function came to no end with it, time and again: it crashed, ran out of time or memory, or could not "
        "write. The function's log has the cause. Mend it, then redrive; if one event is the cause, redrive the "
        "others by --event."
    ),
    UNREADABLE: (
        "Not a message, or not an event, of this release's. `dlq export` shows it: if a later release wrote it, use "
        "that release's command; if nobody knows it, purge it. It is never redriven."
    ),
}

_OF_COLLECT: Final = (
    "Refused at the door, so it was never accepted, and the same checks would refuse it again: it is never redriven. "
    "Mend the sender. To save the events, `dlq export` them, mend them, and send them through the API."
)
_UNKNOWN: Final = "`dlq show` has all that is known of it. Once the cause is mended, redrive."


def remedy(why: Why) -> str:
    """Return what a person can do."""
    if why.queue == "collect" and why.code != UNREADABLE:
        return _OF_COLLECT
    return _BY_CODE.get(why.code) or _BY_CODE.get(why.class_ or "", _UNKNOWN)


def can_be_redriven(why: Why) -> bool:
    """Tell whether there is a queue that these letters can go back to."""
    return why.queue != "collect" and why.code != UNREADABLE
