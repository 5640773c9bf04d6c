"""What must be true when a storm is over. Each law yields sentences about where it was broken."""

import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import orjson
from tests.delivery.chaos import schedule
from tests.delivery.chaos.mixpanel import CURSED, Mixpanel
from tests.delivery.chaos.schedule import World, is_poison

from switchyard import clock as times
from switchyard.config import Config
from switchyard.destinations.base import Verdict
from switchyard.destinations.mixpanel import DESTINATION_TYPE, sender
from switchyard.envelope import Envelope, Item, open_envelope
from switchyard.events import Event
from switchyard.forward.crashes import APART
from switchyard.forward.deliver import deliver
from switchyard.forward.plan import Destination, compile_destination, plan
from switchyard.forward.settle import ALONE_FROM, MIN_ATTEMPTS
from switchyard_cli.sandbox import Snapshot

Ends = set[tuple[str, str]]
"""(messageId, key of an operation); the key is empty where the whole event ended so."""

WINDOW: Final = 86_400
"""Seconds; RetryWindowHours is a day unless a stack says otherwise."""

_VERBS: Final = ("$identify", "$create_alias")


@dataclass(slots=True)
class Expected:
    """What one destination must come to: what it holds, and which operations, or whole events, were refused."""

    snapshot: Snapshot
    refused: Ends = field(default_factory=set)
    filtered: set[str] = field(default_factory=set)


def broken(world: World) -> list[str]:
    """Return every violation, after a calm."""
    config = schedule.config()
    violations = [*_nothing_waits(world), *_accepted_is_held(world), *_archived(world), *_no_surprise(world)]
    letters = [open_envelope(body) for body in world.sqs.bodies(world.url(schedule.DEAD))]
    died = [each for each in map(open_envelope, world.sent_back) if each.failure]
    unordered = set(_unordered(world))
    for destination in config.destinations:
        expected = _expected(world, config, destination.name)
        actual = world.mixpanel.projects[destination.name].sandbox.project(f"token-{destination.name}")
        found = [
            *_delivered(expected, actual),
            *_profiles(expected, actual, unordered, honest=world.chance.honest),
            *_dead_lettered(expected, [each for each in letters if each.destination == destination.name]),
            *_premature([each for each in died if each.destination == destination.name], expected.refused),
            *_filtered(expected, world, destination.name),
        ]
        violations += (f"{destination.name}: {sentence}" for sentence in found)
    return violations + list(_explained(letters)) + list(_still_flows(world, config))


# ---- queues and archive ----------------------------------------------------------------------------------------------


def _nothing_waits(world: World) -> Iterator[str]:
    for name in (schedule.QUEUE, schedule.ARCHIVE_QUEUE, schedule.DEAD_ARCHIVE):
        if waiting := len(list(world.sqs.bodies(world.url(name)))):
            yield f"{waiting} message(s) are still in {name}"
    for url, number in world.sqs.expired.items():
        if number:
            yield f"SQS forgot {number} message(s) of {url} for their age"


def _accepted_is_held(world: World) -> Iterator[str]:
    """Promise 1: what was told 200 is in every queue, unless it was refused at ingest with a reason."""
    refused = {item.event["messageId"] for each in _entered(world, "CollectDeadLetterQueue") for item in each.items}
    for queue in (schedule.QUEUE, schedule.ARCHIVE_QUEUE):
        held = {item.event["messageId"] for each in _entered(world, queue) for item in each.items}
        accepted = {event["messageId"] for each in world.clients.requests if each.accepted for event in each.events}
        if missing := accepted - held - refused:
            yield f"told 200, but never in {queue}: {sorted(missing)}"
    if unanswered := [each for each in world.clients.requests if not each.accepted]:
        yield f"{len(unanswered)} request(s) were never told 200"


def _archived(world: World) -> Iterator[str]:
    """The archive holds each accepted event as it was."""
    held = {_text(item.event) for each in _entered(world, schedule.ARCHIVE_QUEUE) for item in each.items}
    objects = [content for bucket in world.s3.objects.values() for content in bucket.values()]
    archived = {_text(orjson.loads(line)) for content in objects for line in gzip.decompress(content).splitlines()}
    if held != archived:
        yield f"the archive lacks {len(held - archived)} event(s) and has {len(archived - held)} that were never sent"


def _no_surprise(world: World) -> Iterator[str]:
    """Handlers raise nothing, regions are not mixed up (promise 6), and nothing private is told (promise 7)."""
    yield from world.lambdas.errors
    for name, project in world.mixpanel.projects.items():
        if strangers := project.sandbox.counts["unknown_token"]:
            yield f"{name} was sent {strangers} record(s) of another project"
    letters = list(world.sqs.bodies(world.url(schedule.DEAD)))
    reasons = " ".join(str(replace(each, operations=())) for body in letters if (each := open_envelope(body).failure))
    for private in ("token-", "@example.com", "before-"):
        if private in world.log.getvalue() + reasons:
            yield f"{private} is told in a log or a reason"
    if any('"token-' in body for body in letters):
        yield "a dead letter holds a token"


# ---- destinations ----------------------------------------------------------------------------------------------------


def _expected(world: World, config: Config, name: str) -> Expected:
    """Send each event that entered the queue once, alone, to a calm sandbox of its own."""
    calm = Mixpanel(world.clock, world.chance)
    mixpanel = replace(DESTINATION_TYPE, send=partial(sender.send, post=calm.post))
    destination = compile_destination(next(each for each in config.destinations if each.name == name), mixpanel, dict)
    expected = Expected(Snapshot([], {}, {}, {}))
    for item in _items_for(world, config, name):
        _send_once(item, destination, expected)
    expected.snapshot = calm.projects[name].sandbox.project(f"token-{name}")
    return expected


def _items_for(world: World, config: Config, name: str) -> Iterator[Item]:
    """Yield the events that are for a destination, each once however often it entered."""
    seen = set()
    for envelope in _entered(world, schedule.QUEUE):
        source = config.source(envelope.source)
        for item in envelope.items:
            if source and name in source.destinations and (text := _text(item.event)) not in seen:
                seen.add(text)
                yield item


def _send_once(item: Item, destination: Destination, expected: Expected) -> None:
    message_id = str(item.event["messageId"])
    if is_poison(item.event):
        expected.refused.add((message_id, ""))
        return
    settings = destination.settings()
    delivery = plan(item, item.event, destination, settings, lambda _id, _sentence: None)
    if not delivery.results:
        expected.filtered.add(message_id)
    deliver([delivery], destination, settings, lambda: True)
    for result, outcome in zip(delivery.results, delivery.outcomes, strict=True):
        if outcome is None or outcome.verdict is not Verdict.DELIVERED:
            expected.refused.add((message_id, result.key))


def _delivered(expected: Expected, actual: Snapshot) -> Iterator[str]:
    """No event lost, none twice after Mixpanel's own deduplication, and each as ``plan`` makes it."""
    wanted, got = _counted(expected.snapshot.events), _counted(actual.events)
    if lost := wanted - got:
        yield f"lost {_shown(lost)}"
    if extra := got - wanted:
        yield f"twice, or not as planned: {_shown(extra)}"
    if expected.snapshot.aliases != actual.aliases:
        yield "aliases differ"


def _counted(events: Iterable[Event]) -> Counter[str]:
    """Return events as texts; of verbs, which Mixpanel never deduplicates and which do no more twice, one each."""
    counted: Counter[str] = Counter()
    for event in events:
        if event["event"] in _VERBS:
            properties = {name: value for name, value in event["properties"].items() if name != "time"}
            counted[_text({**event, "properties": properties})] = 1
        else:
            counted[_text(event)] += 1
    return counted


def _profiles(expected: Expected, actual: Snapshot, unordered: set[str], *, honest: bool) -> Iterator[str]:
    """Profiles end as if nothing had happened; ``$add`` at least once, and once where no fault was ambiguous."""
    if expected.snapshot.groups != actual.groups:
        yield "group profiles differ"
    wanted, got = expected.snapshot.profiles, actual.profiles
    if wanted.keys() != got.keys():
        yield f"profiles lost {sorted(wanted.keys() - got.keys())}, or made up {sorted(got.keys() - wanted.keys())}"
    for user in wanted.keys() & got.keys():
        if user not in unordered and not _is_as_wanted(wanted[user], got[user], honest=honest):
            yield f"the profile of {user} is {got[user]}, not {wanted[user]}"


def _is_as_wanted(wanted: dict[str, Any], got: dict[str, Any], *, honest: bool) -> bool:
    if "visits" in wanted and not honest:
        visits = got.get("visits", 0)
        return bool(visits >= wanted["visits"]) and {**wanted, "visits": visits} == got
    return wanted == got


def _unordered(world: World) -> Iterator[str]:
    """Yield the users whose events were parted: by many attempts, by crashes, or as dead letters, which hold one each.

    Their order is not promised any more.
    """
    parted = {message_id for entry in _log(world, APART.reason) for message_id in entry["RetriedDelivery"]}
    for body in world.sent_back:
        envelope = open_envelope(body)
        for item in envelope.items:
            if envelope.failure or envelope.attempts >= ALONE_FROM or item.event["messageId"] in parted:
                yield str(item.event.get("userId"))


def _dead_lettered(expected: Expected, letters: list[Envelope]) -> Iterator[str]:
    """Exactly what the destination refuses, and what crashes us, is a dead letter in the end."""
    ends = {end for letter in letters for item in letter.items for end in _ends(item)}
    if missing := expected.refused - ends:
        yield f"neither delivered nor a dead letter: {sorted(missing)}"
    if extra := ends - expected.refused:
        yield f"dead letters of good events: {sorted(extra)}"


def _premature(letters: Iterable[Envelope], refused: Ends) -> Iterator[str]:
    """Judge letters as they were written, since redrive mends those that came too early.

    Each was refused for good or tried for the whole window; nothing dies of throttling or of a wrong setup. Of what
    crashes the function chance decides, and what is left of it says so in the end.
    """
    for letter in letters:
        assert letter.failure
        ends = {end for item in letter.items for end in _ends(item)}
        if letter.failure.class_ == "transient":
            is_due = _lived(letter) > WINDOW and letter.failure.attempts > MIN_ATTEMPTS
        else:
            is_due = letter.failure.class_ == "invalid" and (letter.failure.code == "crashed" or ends <= refused)
        if not is_due:
            yield f"a dead letter before its time: {sorted(ends)}, {letter.failure.class_}, {letter.failure.reason}"


def _lived(letter: Envelope) -> float:
    """Return the seconds between the first possible try and the last."""
    died = letter.failure and times.parse(letter.failure.failedAt)
    return died.timestamp() - letter.queued_at / 1000 if died and letter.queued_at else 0


def _ends(item: Item) -> Ends:
    return {(str(item.event["messageId"]), key) for key in item.only or ("",)}


def _filtered(expected: Expected, world: World, name: str) -> Iterator[str]:
    """What was filtered was counted as that."""
    if missing := expected.filtered - _said_to_be_filtered(world)[name]:
        yield f"filtered, but not counted: {sorted(missing)}"


def _said_to_be_filtered(world: World) -> dict[str, set[str]]:
    said: dict[str, set[str]] = defaultdict(set)
    for entry in _log(world, '"FilteredAtDestination":["'):
        said[entry["destination"]] |= set(entry["FilteredAtDestination"])
    return said


def _log(world: World, text: str) -> Iterator[dict[str, Any]]:
    return (orjson.loads(line) for line in world.log.getvalue().splitlines() if text in line)


def _explained(letters: list[Envelope]) -> Iterator[str]:
    """A dead letter says why, and the truth: what crashes the function, and what makes Mixpanel fail, says so."""
    for letter in letters:
        if not letter.failure or not letter.failure.reason:
            yield f"a dead letter without a reason, of {len(letter.items)} event(s)"
            continue
        event, code = letter.items[0].event, letter.failure.code
        if (code == "crashed", code == "transient") != (is_poison(event), CURSED in _text(event).encode()):
            yield f"a dead letter of {event['messageId']} says {code}"


def _still_flows(world: World, config: Config) -> Iterator[str]:
    """A new event arrives everywhere within minutes."""
    for _ in range(20):
        world.clients.send_new(["track"])
    for _ in range(30):
        world.clock.advance(10)
        world.lambdas.poll(schedule.FORWARD)
    marks = {each.events[0]["messageId"]: each.key for each in world.clients.requests[-20:]}
    for source in config.sources:
        wanted = {mark for mark, key in marks.items() if key in source.writeKeys}
        for name in source.destinations:
            events = world.mixpanel.projects[name].sandbox.project(f"token-{name}").events
            if missing := wanted - {event["properties"].get("$insert_id") for event in events}:
                yield f"{name}: new events do not flow ({len(missing)} of {len(wanted)} missing)"


def _entered(world: World, queue: str) -> Iterator[Envelope]:
    url = world.url(queue)
    return (open_envelope(body) for at, body in world.entered if at == url)


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _shown(counted: Counter[str]) -> str:
    return f"{sum(counted.values())} event(s), e.g. {min(counted)[:300]}"
