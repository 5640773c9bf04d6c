"""What came of the samples, as tables for people."""

import gzip
from collections import Counter
from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.text import Text

from switchyard import observability
from switchyard.envelope import Envelope
from switchyard_cli.local.samples import Sent
from switchyard_cli.sandbox import Sandbox
from switchyard_cli.terminal import open_table, plain


def print_sent(console: Console, sent: Iterable[Sent]) -> None:
    """Show what was posted, and how it was answered."""
    table = open_table("sample", "call", "events", "answer", title="Sent")
    for each in sent:
        table.add_row(*map(plain, (each.name, f"POST /v1/{each.call}", str(each.events), str(each.status))))
    console.print(table, "")


def print_way(console: Console, counters: Counter[str], archive: Mapping[str, bytes]) -> None:
    """Show where the events are: each of them in exactly one of these rows after the first."""
    table = open_table("", "events", "", title="The way of the events")
    lines = sum(gzip.decompress(body).count(b"\n") for body in archive.values())
    for name, number, remark in (
        ("collected", counters[observability.RECEIVED], "told 200 once every queue held them"),
        ("refused at ingest", counters[observability.FAILED_ON_INGEST], "kept in collect's dead-letter queue"),
        ("archived", lines, f"in {len(archive)} object(s) of gzipped JSON lines"),
        ("delivered", counters[observability.DELIVERED], "Mixpanel confirmed every record of theirs"),
        ("filtered", counters[observability.FILTERED], "no subscription matches, or the event says no"),
        ("dead letters", counters[observability.FAILED], "refused by Mixpanel, kept with its reason"),
    ):
        table.add_row(name, str(number), remark)
    console.print(table, "")


def print_mixpanel(console: Console, sandbox: Sandbox) -> None:
    """Show what Mixpanel would hold."""
    events = open_table("event", "distinct_id", "$insert_id", title="Mixpanel: events")
    for event in sandbox.events():
        properties = event["properties"]
        user = properties.get("distinct_id", properties.get("$identified_id", ""))
        events.add_row(*(plain(str(each)) for each in (event["event"], user, properties.get("$insert_id", ""))))
    console.print(events, "")
    profiles = open_table("user", "properties", title="Mixpanel: user profiles")
    for user, properties in sandbox.profiles().items():
        profiles.add_row(plain(user), _pairs(properties))
    console.print(profiles, "")
    groups = open_table("group", "properties", title="Mixpanel: groups")
    for key, members in sandbox.groups().items():
        for group, properties in members.items():
            groups.add_row(plain(f"{key} = {group}"), _pairs(properties))
    console.print(groups, "")


def _pairs(properties: Mapping[str, object]) -> Text:
    return plain(", ".join(f"{name}={value}" for name, value in properties.items()))


def print_dead_letters(console: Console, dead_letters: Iterable[Envelope]) -> None:
    """Show what could not go on, and why."""
    table = open_table("call", "destination", "code", "reason", title="Dead letters")
    for letter in dead_letters:
        for item in letter.items:
            reason, code = (letter.failure.reason, letter.failure.code) if letter.failure else ("", "unknown")
            call = str(item.event.get("event") or item.event.get("type"))
            table.add_row(*map(plain, (call, letter.destination or "-", code, reason)))
    console.print(table, "")
