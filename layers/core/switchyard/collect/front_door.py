"""One HTTP request in, one answer out: the use case of the collect function."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from aws_lambda_powertools import Logger

from switchyard import clock, observability
from switchyard.collect import answers
from switchyard.collect.decode import decode_body
from switchyard.collect.intake import BATCH_CALLS, Intake, Refusal, take_in
from switchyard.collect.normalise import MAX_MESSAGE_ID
from switchyard.collect.write_key import find_write_key
from switchyard.config import Config, Source
from switchyard.envelope import Envelope, Failure, Item
from switchyard.errors import QueueUnavailable, RefusedRequest
from switchyard.events import CALLS
from switchyard.queues import Queue

MAX_REFUSED_IDS: Final = 50
"""For each drop code, in the log line of one request."""


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """Answers a request only when every queue concerned holds its events (promise 1)."""

    config: Config
    archive: Queue
    destinations: Mapping[str, Queue]
    dead_letters: Queue
    logger: Logger

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Take an API Gateway REST proxy event, return the proxy response."""
        if request["httpMethod"] == "OPTIONS":
            return answers.preflight()
        call = request["path"].rstrip("/").rpartition("/")[2]
        if call not in (*CALLS, *BATCH_CALLS):
            return answers.not_found()
        request_id = request["requestContext"]["requestId"]
        try:
            return self._take(call, request, request_id)
        except RefusedRequest as refusal:
            self.logger.info("request refused", extra={"request_id": request_id, "code": refusal.code, "call": call})
            observability.count({observability.FAILED_ON_INGEST: 1}, source="unknown", reason=refusal.code)
            return answers.refused(refusal.code, refusal.message)
        except QueueUnavailable as error:
            self.logger.error("events not stored", extra={"request_id": request_id, "call": call, "why": str(error)})
            return answers.unavailable()

    def _take(self, call: str, request: Mapping[str, Any], request_id: str) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in (request.get("headers") or {}).items()}
        body = decode_body(request.get("body"), is_base64=bool(request.get("isBase64Encoded")))
        source = self._source(find_write_key(headers, body.value))
        received_at = clock.now()
        intake = take_in(call, body.value, received_at)
        head = Envelope(source.name, clock.to_iso(received_at), request_id, items=())
        self._store(intake, source, head)
        self._report(intake, head, repaired=body.repaired)
        return answers.accepted()

    def _source(self, write_key: str | None) -> Source:
        if write_key is None:
            raise RefusedRequest("unknown_source", "There is no write key in the Authorization header or the body.")
        source = self.config.source_of(write_key)
        if source is None:
            raise RefusedRequest("unknown_source", "No source has this write key.")
        return source

    def _store(self, intake: Intake, source: Source, head: Envelope) -> None:
        # The dead letters go first: when a write fails, the SDK sends all of it again, and a bad event that is kept
        # twice does less harm than a good one that is delivered twice.
        self.dead_letters.send(_dead_letters(intake.refused, head))
        events = replace(head, items=tuple(Item(event) for event in intake.accepted))
        for queue in (self.archive, *(self.destinations[each] for each in self.config.types_of(source))):
            queue.send([events])

    def _report(self, intake: Intake, head: Envelope, *, repaired: bool) -> None:
        accepted, refused = intake.accepted, intake.refused
        observability.count(
            {observability.RECEIVED: len(accepted), observability.FAILED_ON_INGEST: len(refused)}, source=head.source
        )
        self.logger.info(
            "request collected",
            extra={
                "request_id": head.request_id,
                "source": head.source,
                "message_ids": [event["messageId"] for event in accepted],
                "refused": Counter(refusal.reason.code for refusal in refused),
                "refused_ids": _ids_by_code(refused),
                "repaired": repaired,
            },
        )


def _ids_by_code(refused: list[Refusal]) -> dict[str, list[str]]:
    """Return the messageIds of bad events, as far as they have one, by drop code; not too many for a log line."""
    ids: dict[str, list[str]] = {}
    for event, reason in refused:
        known = ids.setdefault(reason.code, [])
        message_id = event.get("messageId")
        if len(known) < MAX_REFUSED_IDS and isinstance(message_id, str) and len(message_id) <= MAX_MESSAGE_ID:
            known.append(message_id)
    return ids


def _dead_letters(refused: list[Refusal], head: Envelope) -> list[Envelope]:
    """Return an envelope for each reason: a hostile batch can hold a hundred thousand bad events, but few reasons."""
    by_reason: dict[tuple[str, str, str | None], list[Item]] = {}
    for event, reason in refused:
        by_reason.setdefault((reason.code, reason.reason, reason.field), []).append(Item(event))
    return [
        replace(head, items=tuple(items), failure=Failure(*reason, failedAt=head.received_at))
        for reason, items in by_reason.items()
    ]
