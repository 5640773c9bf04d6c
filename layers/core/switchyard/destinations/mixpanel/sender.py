"""Batch → HTTP → one outcome for each of its records."""

import gzip
import os
from base64 import b64encode
from collections.abc import Callable
from typing import Final

import orjson

from switchyard.destinations.base import Batch, Outcome, Verdict
from switchyard.destinations.mixpanel import transport
from switchyard.destinations.mixpanel.reasons import scrub
from switchyard.destinations.mixpanel.replies import IMPORT, Reply, Split, classify, is_about_records
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.destinations.mixpanel.transport import Request

MAX_REQUESTS: Final = 64
"""For one batch. To find one bad record among 2,000 that Mixpanel refuses without a name takes up to 23 requests, to
find three of them 61; a batch that is bad throughout would take 3,999."""

# Asking on is our business, not a fault of Mixpanel's: no attempt is counted, and nobody has to wait.
_UNFINISHED: Final = Outcome(
    Verdict.THROTTLED,
    "Mixpanel refuses records without naming them; not all of them were found in one run",
    retry_after=0,
)
_QUERIES: Final = {"/track": "verbose=1&ip=0", "/engage": "strict=1&verbose=1&ip=0", "/groups": "strict=1&verbose=1"}
_JSON: Final = {"Content-Type": "application/json"}
_GZIP_LEVEL: Final = 6  # the next steps cost three times the time for one per cent


def send(
    batch: Batch,
    settings: MixpanelSettings,
    has_time: Callable[[], bool],
    post: Callable[[Request], Reply] = transport.post,
) -> list[Outcome]:
    """Return one outcome for each record of the batch, in its order, whatever happens.

    Where Mixpanel refuses a batch without saying which records it means, the halves are sent one after the other, in
    order, while ``has_time`` says yes. As soon as a reply is about Mixpanel itself (throttled, failing, wrongly set
    up), the records still to be sent share its outcome: one user's profile updates must not overtake each other.
    """
    outcomes: list[Outcome] = []
    pending, rest = [batch.records], _UNFINISHED
    strict = batch.endpoint != IMPORT or settings.strictMode == "1"
    for number in range(MAX_REQUESTS):
        if not pending or (number and not has_time()):
            break
        records = pending.pop()
        reply = post(_request(batch.endpoint, records, settings))
        answer = classify(batch.endpoint, len(records), reply, strict=strict)
        if isinstance(answer, Split):
            middle = len(records) // 2
            pending += [records[middle:], records[:middle]]
        else:
            outcomes += _scrubbed(answer, records, settings)
        if not is_about_records(reply.status):
            pending, rest = [], outcomes[-1]
    return outcomes + [rest] * (len(batch.records) - len(outcomes))


def _request(endpoint: str, records: list[bytes], settings: MixpanelSettings) -> Request:
    host = (os.environ.get("MIXPANEL_URL") or settings.host).rstrip("/")
    body = b"[" + b",".join(records) + b"]"
    if endpoint != IMPORT:
        return Request(f"{host}{endpoint}?{_QUERIES[endpoint]}", _JSON, body)
    headers = {**_JSON, "Content-Encoding": "gzip", "Authorization": f"Basic {_credential(settings)}"}
    return Request(f"{host}{IMPORT}?strict={settings.strictMode}", headers, gzip.compress(body, _GZIP_LEVEL, mtime=0))


def _credential(settings: MixpanelSettings) -> str:
    user = settings.projectToken if settings.apiSecret is None else settings.apiSecret
    return b64encode(f"{user}:".encode()).decode()


def _scrubbed(answer: list[Outcome], records: list[bytes], settings: MixpanelSettings) -> list[Outcome]:
    """Clean what is said about one record of that record's values, and what is said about all of everyone's."""
    secrets = [settings.projectToken, settings.apiSecret or "", _credential(settings)]
    if answer[0].verdict not in (Verdict.DELIVERED, Verdict.INVALID):
        return [_clean(answer[0], records, secrets)] * len(records)
    return [_clean(outcome, [record], secrets) for outcome, record in zip(answer, records, strict=True)]


def _clean(outcome: Outcome, records: list[bytes], secrets: list[str]) -> Outcome:
    if not outcome.reason:
        return outcome
    values = [orjson.loads(record) for record in records]
    field = scrub(outcome.field, values, secrets) if outcome.field else None
    return outcome._replace(reason=scrub(outcome.reason, values, secrets), field=field)
