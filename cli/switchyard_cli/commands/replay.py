"""``switchyard replay``: archived events, back onto the queues."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from switchyard import clock
from switchyard.config import Config
from switchyard.destinations import load_type
from switchyard_cli.commands.options import CONFIG_FOLDER, ConfigFolder, Region, StackName, read_time
from switchyard_cli.commands.output import complain, print_line, tell
from switchyard_cli.config.compiler import compile_config
from switchyard_cli.deployment import Deployment, find_deployment
from switchyard_cli.progress import show_progress
from switchyard_cli.rate_limit import Pace
from switchyard_cli.replay import record as records
from switchyard_cli.replay.archive_reader import ArchivedEvents
from switchyard_cli.replay.archive_walk import Portion, walk
from switchyard_cli.replay.counts import Counts
from switchyard_cli.replay.record import FINISHED, Record
from switchyard_cli.replay.routes import Routes, find_routes
from switchyard_cli.replay.run import MAX_EVENTS, Replayer
from switchyard_cli.replay.selection import Asked
from switchyard_cli.replay.text import print_counts, print_days
from switchyard_cli.terminal import open_console

Time = datetime | None
Start = Annotated[Time, typer.Option("--from", parser=read_time, help="Events received at this time or later (UTC).")]
End = Annotated[Time, typer.Option("--to", parser=read_time, help="Events received before this time.")]
Source = Annotated[str | None, typer.Option(help="Events of this source alone.")]
EventName = Annotated[str | None, typer.Option("--event", help="Events of this name, or this call (identify, page …).")]
User = Annotated[str | None, typer.Option(help="Events of this userId or anonymousId.")]
Where = Annotated[str | None, typer.Option(help="Events for which this condition holds, as in a subscription.")]
For = Annotated[str | None, typer.Option("--destination", help="For this destination; else for all of the source.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count what would be replayed.")]
AsJson = Annotated[bool, typer.Option("--json", help="The counts, or the run's record, as one JSON object.")]
Rate = Annotated[float, typer.Option(min=0.1, help="Events a second.")]
Resume = Annotated[str | None, typer.Option(help="Go on with the run of this id where it stopped.")]

RATE: Final = 1000.0
MAX_PROBLEMS: Final = 20
"""Lines that cannot be read are named, but not without end."""

_ARCHIVING: Final = timedelta(minutes=5)


def replay(  # noqa: PLR0913 - each parameter is an option that a user can type
    *,
    start: Start = None,
    end: End = None,
    source: Source = None,
    event: EventName = None,
    user: User = None,
    where: Where = None,
    destination: For = None,
    resume: Resume = None,
    dry_run: DryRun = False,
    json: AsJson = False,
    rate: Rate = RATE,
    config: ConfigFolder = CONFIG_FOLDER,
    stack: StackName = None,
    region: Region = None,
) -> None:
    """Put archived events back onto the queues: today's mappings and filters are applied to them. Safe to run twice.

    Times are those at which events were received. The exit code is 1 if something in the archive could not be read.
    """
    given = {"source": source, "event": event, "user": user, "where": where, "destination": destination}
    deployment = find_deployment(stack, region)
    s3 = deployment.client("s3")
    record = records.load(s3, deployment.bucket, resume) if resume else None
    asked = _asked(record, start, end, given)
    if record and record.state == FINISHED:
        tell(f"the run {record.id} has finished: {record.events:,} event(s) were replayed")
        return
    began = (record and clock.parse(record.startedAt)) or clock.now()
    job = _prepare(deployment, s3, asked, config, began)
    unreadable = _count(job, record, json=json) if dry_run else _run(job, record, rate, json=json)
    raise typer.Exit(1 if unreadable else 0)


class _Job(NamedTuple):
    deployment: Deployment
    s3: Any
    asked: Asked
    routes: Routes

    @property
    def archive(self) -> ArchivedEvents:
        """The events that there are."""
        return ArchivedEvents(self.s3, self.deployment.bucket)

    def walk(self, size: int, after: str) -> Iterator[Portion]:
        """Yield what is meant, from behind an object on."""
        return walk(self.archive, self.routes.by_source, self.asked, size=size, after=after)


def _asked(record: Record | None, start: Time, end: Time, given: dict[str, str | None]) -> Asked:
    if record:
        if start or end or any(given.values()):
            raise typer.BadParameter("--resume goes on with what the run was asked for; give no other filter")
        return Asked.of(record.filter)
    if start is None or end is None:
        raise typer.BadParameter("--from and --to are needed, as in --from 2026-01-15 --to 2026-01-16T12:00")
    if start >= end:
        raise typer.BadParameter("--to must be later than --from")
    # What arrives from now on may lie before the object at which an interrupted run goes on.
    return Asked(start, min(end, clock.now()), **given)


def _prepare(deployment: Deployment, s3: Any, asked: Asked, folder: Path, began: datetime) -> _Job:
    """Find the events' ways, and tell what a person should know before they are gone."""
    configured = compile_config(folder)
    archived = ArchivedEvents(s3, deployment.bucket).sources()
    routes = find_routes(asked, archived, configured, deployment)
    for sentence in (*routes.left_out, *_cautions(asked, routes, configured, began)):
        complain(sentence)
    return _Job(deployment, s3, asked, routes)


def _cautions(asked: Asked, routes: Routes, config: Config, began: datetime) -> Iterator[str]:
    if asked.end > began - _ARCHIVING:
        yield "events of the last minutes before the run began may not be in the archive yet: those are not replayed"
    concerned = {destination for source in routes.by_source for destination in routes.destinations_of(source)}
    for each in config.destinations:
        actions = load_type(each.type).actions
        used = {named.partnerAction for named in each.subscriptions if named.enabled}
        for name in sorted(name for name in used if each.name in concerned and not actions[name].repeatable):
            yield f"{each.name} has subscriptions with {name}: sent again, they do again what they did the first time"


def _count(job: _Job, record: Record | None, *, json: bool) -> int:
    counts = Counts()
    for portion in _shown(job.walk(MAX_EVENTS, record.lastObject if record else "")):
        counts.add(portion)
    if json:
        print_line(counts.document(job.routes))
    else:
        print_counts(console := open_console(), counts, job.routes)
        if not counts.read:
            print_days(console, {each: job.archive.dates(each) for each in job.routes.by_source})
    return counts.unreadable


def _run(job: _Job, record: Record | None, rate: float, *, json: bool) -> int:
    deployment, s3 = job.deployment, job.s3
    if record is None:
        record = Record.begin(job.asked, records.who(deployment.client("sts")))
        record.leftOut = list(job.routes.left_out)
    replayer = Replayer(deployment, s3, record, job.routes, Pace(rate))
    portions = job.walk(max(1, min(MAX_EVENTS, int(rate))), record.lastObject)
    try:
        for _ in _shown(replayer.replay(portions)):
            pass
    finally:
        _tell_end(deployment, record, json=json)
    return record.unreadable


def _shown(portions: Iterator[Portion]) -> Iterator[Portion]:
    """Yield the portions, show how far they are, and name what cannot be read."""
    problems = 0
    for portion in show_progress(portions, "events read", weigh=lambda portion: portion.read):
        for problem in portion.problems[: MAX_PROBLEMS - problems]:
            complain(problem)
        problems = min(MAX_PROBLEMS, problems + len(portion.problems))
        yield portion


def _tell_end(deployment: Deployment, record: Record, *, json: bool) -> None:
    if json:
        print_line(record)
        return
    came = f"{record.events:,} of {record.read:,} archived event(s) replayed, from {record.objects:,} object(s)"
    tell(f"{came}; s3://{deployment.bucket}/{records.key_of(record.id)} has the run")
    if record.state != FINISHED:
        stack = "" if deployment.is_local else " with the same --stack"
        complain(f"interrupted: go on with `switchyard replay --resume {record.id}`{stack}")
