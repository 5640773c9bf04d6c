"""One HTTP request in, one answer out: the use case of the collect function."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aws_lambda_powertools import Logger

from switchyard import clock, observability
from switchyard.collect import answers
from switchyard.collect.intake import Intake, Refusal
from switchyard.collect.request import Request, read_request
from switchyard.collect.routes import Found, Use, find_route
from switchyard.collect.settings import settings_for
from switchyard.collect.submission import read_submission
from switchyard.collect.summary import further_ids, summary
from switchyard.collect.write_key import source_of
from switchyard.config import Config, Source
from switchyard.envelope import Envelope, Failure, Item
from switchyard.errors import MissingSecret, QueueUnavailable, RefusedRequest
from switchyard.queues import Queue
from switchyard.secret_settings import Secrets


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """Answers a request only when every queue concerned holds its events (promise 1)."""

    config: Config
    archive: Queue
    destinations: Mapping[str, Queue]
    dead_letters: Queue
    secrets: Secrets
    logger: Logger

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Take an API Gateway REST proxy event, return the proxy response."""
        request = read_request(event)
        if request.method == "OPTIONS":
            return answers.preflight()
        found = find_route(request.path)
        if found is None:
            return answers.not_found()
        if request.method != found.route.method:
            return answers.method_not_allowed(found.route.method)
        return self._answer(found, request)

    def _answer(self, found: Found, request: Request) -> dict[str, Any]:
        match found.route.use:
            case Use.METRICS:
                return answers.accepted()
            case Use.SETTINGS:
                return self._settings(found.argument, request)
            case Use.PIXEL:
                return self._pixel(found, request)
            case _:
                return self._collect(found, request)

    def _pixel(self, found: Found, request: Request) -> dict[str, Any]:
        if self._collect(found, request) == answers.unavailable():  # nobody is told, and nobody tries again
            observability.count({observability.FAILED_ON_INGEST: 1}, source="unknown", reason="not_stored")
        return answers.pixel()

    def _settings(self, write_key: str, request: Request) -> dict[str, Any]:
        try:
            source_of(self.config, write_key)
        except RefusedRequest as refusal:
            return answers.no_settings(refusal.code, refusal.message)
        # API Gateway sets this header itself, and takes no plain HTTP; a local stack speaks nothing else.
        protocol = "http" if request.headers.get("x-forwarded-proto") == "http" else "https"
        return answers.settings(settings_for(write_key, domain=request.domain, protocol=protocol))

    def _collect(self, found: Found, request: Request) -> dict[str, Any]:
        about = {"request_id": request.id, "call": found.route.path.removeprefix("/")}
        try:
            self._take(found, request)
        except RefusedRequest as refusal:
            self.logger.info("request refused", extra={**about, "code": refusal.code, **refusal.known})
            observability.count({observability.FAILED_ON_INGEST: 1}, source="unknown", reason=refusal.code)
            return answers.refused(refusal.code, refusal.message)
        except (QueueUnavailable, MissingSecret) as error:
            self.logger.error("events not stored", extra={**about, "why": str(error)})
            return answers.unavailable()
        return answers.accepted()

    def _take(self, found: Found, request: Request) -> None:
        received_at = clock.now()
        source, intake, repaired, key = read_submission(found, request, self.config, self.secrets, received_at)
        head = Envelope(source.name, clock.to_iso(received_at), request.id, items=())
        self._store(intake, source, head)
        self._report(intake, head, {**summary(intake, request.headers), "repaired": repaired, "key": key})

    def _store(self, intake: Intake, source: Source, head: Envelope) -> None:
        # The dead letters go first: when a write fails, the SDK sends all of it again, and a bad event that is kept
        # twice does less harm than a good one that is delivered twice.
        self.dead_letters.send(_dead_letters(intake.refused, head))
        events = replace(head, items=tuple(map(Item.of, intake.accepted)))
        for queue in (self.archive, *(self.destinations[each] for each in self.config.types_of(source))):
            queue.send([events])

    def _report(self, intake: Intake, head: Envelope, said: Mapping[str, Any]) -> None:
        observability.count(
            {observability.RECEIVED: len(intake.accepted), observability.FAILED_ON_INGEST: len(intake.refused)},
            source=head.source,
        )
        about = {"request_id": head.request_id, "source": head.source}
        self.logger.info("request collected", extra={**about, **said})
        for ids in further_ids(intake):
            self.logger.info("request collected, continued", extra={**about, "message_ids": ids})


def _dead_letters(refused: list[Refusal], head: Envelope) -> list[Envelope]:
    """Return an envelope for each reason: a hostile batch can hold a hundred thousand bad events, but few reasons."""
    by_reason: dict[tuple[str, str, str | None], list[Item]] = {}
    for event, reason in refused:
        by_reason.setdefault((reason.code, reason.reason, reason.field), []).append(Item.of(event))
    return [
        replace(head, items=tuple(items), failure=Failure(*reason, failedAt=head.received_at))
        for reason, items in by_reason.items()
    ]
