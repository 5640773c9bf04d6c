"""An event of our own, sent to every source as an SDK would, and followed to its archive and its destinations."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

import requests
from botocore.exceptions import BotoCoreError, ClientError

from switchyard import clock
from switchyard.config import Config, DestinationConfig, Source
from switchyard.observability import DELIVERED, FAILED, FILTERED, RETRIED
from switchyard_cli.deployment import Deployment
from switchyard_cli.doctor.archive_search import ArchiveSearch
from switchyard_cli.doctor.checks import waiting
from switchyard_cli.doctor.finding import Finding, failed, ok, warning
from switchyard_cli.function_log import FunctionLog

USER: Final = "switchyard-doctor"
EVENT: Final = "Switchyard Doctor"

_ANSWER_SECONDS: Final = 30  # API Gateway's own limit
_OK: Final = 200
_NOT_KNOWN: Final = ("unknown_source", "source_disabled")
_MAY_BE_READ: Final = "Use credentials that may read the archive and the functions' logs."


@dataclass(frozen=True, slots=True)
class Journey:
    """Where events are sent to, and how long anybody waits for each to arrive."""

    deployment: Deployment
    config: Config
    url: str
    patience: float
    """Seconds."""

    def findings(self) -> Iterator[Finding]:
        """Send an event to every source that has a key, and yield how far each came."""
        for source in self.config.sources:
            if source.writeKeys:
                yield from self._follow(source)
            elif not source.webhookSecrets:  # those are Segment's to sign
                remedy = "Give it a write key that is not disabled."
                yield warning(f"accepted {source.name}", "no key of this source is enabled", remedy)

    def _follow(self, source: Source) -> Iterator[Finding]:
        sent_at, message_id = clock.now(), f"doctor-{uuid4().hex[:29]}"  # a $insert_id has room for 36
        accepted = self._send(source, message_id)
        yield accepted
        if accepted.status == "ok":
            search = ArchiveSearch(self.deployment, sent_at)
            yield self._wait(lambda: _archived(search, source, message_id), lambda: self._not_archived(source, sent_at))
            for name in source.destinations:
                delivery = self._delivery(self._destination(name), message_id, sent_at)
                yield delivery._replace(check=f"delivered {source.name} → {name}")

    def _destination(self, name: str) -> DestinationConfig:
        return next(each for each in self.config.destinations if each.name == name)

    def _send(self, source: Source, message_id: str) -> Finding:
        check, address = f"accepted {source.name}", f"{self.url.rstrip('/')}/v1/track"
        event = {"messageId": message_id, "userId": USER, "event": EVENT, "properties": {"doctor": True}}
        try:
            reply = requests.post(address, json=event, auth=(source.writeKeys[0], ""), timeout=_ANSWER_SECONDS)
        except requests.RequestException as error:
            remedy = f"See that {address} can be reached from here, or give the right host with --url."
            return failed(check, f"no answer ({type(error).__name__})", remedy)
        if reply.status_code == _OK:
            return ok(check, f"{address} answered 200")
        return failed(check, f"{address} answered {reply.status_code}: {reply.text[:200]}", _refusal_remedy(reply.text))

    def _delivery(self, destination: DestinationConfig, message_id: str, since: datetime) -> Finding:
        try:
            log = FunctionLog(self.deployment, destination.type, since)
        except (BotoCoreError, ClientError) as error:
            return failed("delivered", str(error), _MAY_BE_READ)
        return self._wait(
            lambda: _delivered(log, destination, message_id), lambda: self._not_delivered(destination, log)
        )

    def _wait(self, look: Callable[[], Finding | None], give_up: Callable[[], Finding]) -> Finding:
        ends = time.monotonic() + self.patience
        pause = 0.2 if self.deployment.is_local else 2.0
        try:
            while not (found := look()):
                if time.monotonic() > ends:
                    return give_up()
                time.sleep(pause)
        except (BotoCoreError, ClientError, OSError) as error:
            return give_up()._replace(seen=str(error), remedy=_MAY_BE_READ)
        return found

    def _not_archived(self, source: Source, since: datetime) -> Finding:
        seen = f"not within {self.patience:.0f} s; {waiting(self.deployment, 'archive')}"
        place = FunctionLog(self.deployment, "archive", since).place
        return failed(f"archived {source.name}", seen, f"The log of the archive function says why: {place}")

    def _not_delivered(self, destination: DestinationConfig, log: FunctionLog) -> Finding:
        seen = f"not within {self.patience:.0f} s; {waiting(self.deployment, destination.type)}"
        return failed("delivered", seen, f"The log of the forward function says why: {log.place}")


def _refusal_remedy(answer: str) -> str:
    if any(code in answer for code in _NOT_KNOWN):
        return "What is deployed does not know this key: deploy this configuration, or name the deployed one: --config."
    return "The log of the collect function says why."


def _archived(search: ArchiveSearch, source: Source, message_id: str) -> Finding | None:
    return ok(f"archived {source.name}", "found in the archive") if search.has(source.name, message_id) else None


def _delivered(log: FunctionLog, destination: DestinationConfig, message_id: str) -> Finding | None:
    """Return how the event ended at the destination, or that it was put off, if the log tells."""
    check = "delivered"
    for line in log.lines(message_id):
        if line.get("destination") != destination.name:
            continue
        why = "; ".join(line.get("why") or [])
        if message_id in line.get(DELIVERED, ()):
            return ok(check, "the destination confirmed it")
        if message_id in line.get(FILTERED, ()):
            remedy = f"If it should have gone on: `switchyard preview --destination {destination.name} --explain`."
            return warning(check, "filtered: no subscription matches a track event", remedy)
        if message_id in line.get(FAILED, ()):
            return failed(check, f"a dead letter: {why}", "`switchyard dlq list` says what to do.")
        if message_id in line.get(RETRIED, ()):
            return failed(check, f"put off, to be tried again: {why}", _remedy_of_delay(why, destination))
    return None


def _remedy_of_delay(why: str, destination: DestinationConfig) -> str:
    if "cannot be read" in why or "is empty" in why:
        return "Create the secret in the stack's region, below its SecretsPrefix; events wait in the queue meanwhile."
    if any(code in why for code in ("401", "403", "404")):
        return (
            f"Compare the secret and apiRegion of '{destination.name}' with the project's settings at the destination."
        )
    return "Nothing is lost: it is tried again (docs/operations.md). Look once more in a few minutes."
