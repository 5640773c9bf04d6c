"""What came of the samples, as tables for people."""

import gzip
from collections import Counter
from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table

from switchyard import observability
from switchyard.envelope import Envelope
from switchyard_cli.local.samples import Sent
from switchyard_cli.sandbox import Sandbox


def print_sent(console: Console, sent: Iterable[Sent]) -> None:
    """Show what was posted, and how it was answered."""
    table = Table("sample", "call", "events", "answer", title="Sent", title_justify="left")
    for each in sent:
        table.add_row(each.name, f"POST /v1/{each.call}", str(each.events), str(each.status))
    console.print(table, "")


def print_way(console: Console, counters: Counter[str], archive: Mapping[str, bytes]) -> None:
    """Show where the events are: each of them in exactly one of these rows after the first."""
    table = Table("", "events", "", title="The way of the events", title_justify="left")
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
    events = Table("event", "distinct_id", "$insert_id", title="Mixpanel: events", title_justify="left")
    for event in sandbox.events():
        properties = event["properties"]
        user = properties.get("distinct_id", properties.get("$identified_id", ""))
        events.add_row(str(event["event"]), str(user), str(properties.get("$insert_id", "")))
    console.print(events, "")
    profiles = Table("user", "properties", title="Mixpanel: user profiles", title_justify="left")
    for user, properties in sandbox.profiles().items():
        profiles.add_row(user, _pairs(properties))
    console.print(profiles, "")
    groups = Table("group", "properties", title="Mixpanel: groups", title_justify="left")
    for key, members in sandbox.groups().items():
        for group, properties in members.items():
            groups.add_row(f"{key} = {group}", _pairs(properties))
    console.print(groups, "")


def _pairs(properties: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in properties.items())


def print_dead_letters(console: Console, dead_letters: Iterable[Envelope]) -> None:
    """Show what could not go on, and why."""
    table = Table("call", "destination", "code", "reason", title="Dead letters", title_justify="left")
    for letter in dead_letters:
        for item in letter.items:
            reason, code = (letter.failure.reason, letter.failure.code) if letter.failure else ("", "unknown")
            table.add_row(
                str(item.event.get("event") or item.event.get("type")), letter.destination or "-", code, reason
            )
    console.print(table, "")
