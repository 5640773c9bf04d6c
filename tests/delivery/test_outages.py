"""Long outages, on a simulated clock: what is promised while a destination is in trouble, and when it is over."""

from collections.abc import Iterator

import pytest
from tests.delivery.chaos.laws import broken
from tests.delivery.chaos.schedule import ARCHIVE, DEAD, FORWARD, QUEUE, World

from switchyard.envelope import open_envelope

DAY = 86_400
HOUR = 3600


@pytest.fixture
def world() -> Iterator[World]:
    """A world without accidents; only the weather is bad."""
    world = World(1)
    world.chance.calm = True
    with world.within():
        yield world


def pass_time(world: World, seconds: float, poll_after: float = 5) -> None:
    """Let time pass and Lambda poll that long after a message can be received."""
    ends = world.clock.time + seconds
    while (visible := world.sqs.next_visible()) is not None and visible < ends:
        world.clock.advance(max(0.0, visible - world.clock.time) + poll_after)
        world.lambdas.poll(ARCHIVE)
        world.lambdas.poll(FORWARD)
    world.clock.time = max(world.clock.time, ends)


def marks(world: World, name: str) -> set[str]:
    """Return which events a project has, by their ``$insert_id``."""
    events = world.mixpanel.projects[name].sandbox.project(f"token-{name}").events
    return {event["properties"]["$insert_id"] for event in events}


def test_a_wrong_key_loses_nothing_in_three_weeks(world, capsys):
    """SQS forgets after fourteen days, but what goes back is a new message: all is kept, and nothing dead-lettered."""
    for name in ("us", "eu", "in"):
        world.mixpanel.set_weather(name, "unauthorized")
    world.clients.send_new(["track", "user", "order", "group"])
    pass_time(world, 21 * DAY, poll_after=1200)
    assert list(world.sqs.bodies(world.url(DEAD))) == []
    assert '"SetupFailures":[' in capsys.readouterr().out
    world.calm()
    assert broken(world) == []


def test_a_destination_in_trouble_delays_no_other(world):
    """Promise 5: one project is down for a day; the other has each event within a minute of its arrival."""
    world.mixpanel.set_weather("eu", "down")
    for number in range(48):
        world.clients.send_new(["track"])
        request = world.clients.requests[-1]
        pass_time(world, 60)
        assert request.events[0]["messageId"] in marks(world, "us" if request.key == "web-key" else "in"), number
        pass_time(world, DAY / 48)
    assert marks(world, "eu") == set()
    world.calm()
    assert broken(world) == []


@pytest.mark.parametrize("weather", ["down", "unauthorized", "throttled", "wait in seconds"])
def test_a_destination_that_is_down_is_probed_and_not_hammered(world, weather):
    """A backlog of messages costs what a single one would: about a request a minute at most, by each instance."""
    world.mixpanel.set_weather("us", weather)
    for _ in range(150):
        world.clients.send_new(["track"])
    before = world.mixpanel.projects["us"].requests
    pass_time(world, 6 * HOUR)
    probes = world.mixpanel.projects["us"].requests - before
    assert 10 <= probes <= 6 * 60 * 2.5
    world.calm()
    assert broken(world) == []


def test_an_outage_beyond_the_window_ends_in_dead_letters_that_redrive(world):
    """What could not be delivered in a day and in three tries is a dead letter, and no sooner; redriven, it arrives."""
    world.mixpanel.set_weather("us", "down")
    world.clients.send_new(["track"])
    while world.clients.requests[-1].key != "web-key":
        world.clients.send_new(["track"])
    pass_time(world, 23.5 * HOUR)
    assert list(world.sqs.bodies(world.url(DEAD))) == []
    pass_time(world, 2 * HOUR)
    (letter,) = [open_envelope(body) for body in world.sqs.bodies(world.url(DEAD))]
    assert letter.failure
    assert (letter.failure.code, letter.destination) == ("transient", "us")
    world.calm()
    assert broken(world) == []


def test_a_poisoned_event_takes_no_neighbour_along(world):
    """It crashes the function each time; its 200 neighbours are delivered, the one in its own message, too."""
    for number in range(200):
        world.clients.send_new(["track", "poison"] if number == 100 else ["track"])
    pass_time(world, 3 * HOUR)
    poisoned = world.clients.requests[100].events[1]["messageId"]
    sent = {event["messageId"] for request in world.clients.requests for event in request.events}
    assert sent - {poisoned} == marks(world, "eu")
    pass_time(world, 36 * HOUR)
    letters = [open_envelope(body) for body in world.sqs.bodies(world.url(DEAD))]
    assert {letter.items[0].event["messageId"] for letter in letters} == {poisoned}
    assert {letter.failure.code for letter in letters if letter.failure} == {"crashed"}
    assert list(world.sqs.bodies(world.url(QUEUE))) == []


def test_two_requests_of_the_same_event_are_two_copies(world):
    """A client that was told no 200 sends again: ``$insert_id`` and ``distinct_id`` are the same, ``time`` may differ.

    ``timestamp`` is corrected by ``sentAt`` and the moment of arrival, and those are each copy's own. Mixpanel shows
    one of two events of the same time at once, and merges those of the same day when it compacts them.
    """
    world.clients.send_new(["track"])
    request = world.clients.requests[-1]
    request.accepted = False
    world.clock.advance(30)
    world.clients.send(request)
    pass_time(world, 60)
    events = world.mixpanel.projects["eu"].sandbox.project("token-eu").events
    identities = {
        (each["event"], each["properties"]["distinct_id"], each["properties"]["$insert_id"]) for each in events
    }
    assert len(identities) == 1
    assert len(events) <= 2
