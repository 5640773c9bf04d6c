"""The four endpoints that take records in: ``/import``, ``/track``, ``/engage`` and ``/groups``."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

from switchyard.events import Json
from switchyard_cli.sandbox import bodies, events, replies, updates
from switchyard_cli.sandbox.bodies import Request, Unreadable
from switchyard_cli.sandbox.events import Event
from switchyard_cli.sandbox.replies import Refused, Reply
from switchyard_cli.sandbox.rules import Refusal, Rules
from switchyard_cli.sandbox.store import Store
from switchyard_cli.sandbox.updates import Update

ENDPOINTS: Final = ("/import", "/track", "/engage", "/groups")

Rule: TypeAlias = Callable[[Json], Refusal | None]
"""Says why a record is refused, None if it is not."""


class Judged(NamedTuple):
    """The records of one request after the rules."""

    good: list[dict[str, Any]]
    refused: list[Refused]


@dataclass(frozen=True, slots=True)
class Ingestion:
    """The endpoints of one sandbox; a ``project_token`` of None knows every token. ``clock`` is in Unix seconds."""

    store: Store
    project_token: str | None
    rules: Rules
    clock: Callable[[], float]

    def answer(self, request: Request) -> Reply:
        """Answer a request to one of ``ENDPOINTS``, its body unpacked."""
        answers = {"/import": self._import, "/track": self._track, "/engage": self._update, "/groups": self._update}
        return answers[request.path](request)

    def _import(self, request: Request) -> Reply:
        token = _basic_token(request)
        # Mixpanel reads a project_id as the sign of a service account, which a token is not.
        if not token or self._is_unknown(token) or "project_id" in request.params:
            return replies.unauthorized(request.path)
        try:
            records = bodies.import_records(request)
        except Unreadable as error:
            return replies.failure(400, str(error))
        judged = self._import_records(records, token, strict=request.asks("strict"))
        if judged.refused and request.asks("strict"):
            return replies.partly_imported(len(judged.good), judged.refused)
        return replies.imported(len(judged.good))

    def _import_records(self, records: Sequence[Json], token: str, *, strict: bool) -> Judged:
        now = self.clock()
        judged = _judge(records, partial(events.refuse_import, rules=self.rules, now=now))
        if strict and any(item.refusal is events.VERB_REFUSED for item in judged.refused):
            judged = _judge(records, lambda _: events.VERB_REFUSED)
        with self.store.locked():
            self.store.receive("/import", len(records), judged.refused)
            for event in judged.good:
                self.store.counts["located_by_request_ip"] += "ip" not in event["properties"]
                self.store.keep(token, events.keep(event, self.rules, now))
        return judged

    def _track(self, request: Request) -> Reply:
        try:
            records = bodies.records(request)
        except Unreadable as error:
            return replies.acknowledged_nothing(str(error), verbose=request.asks("verbose"))
        judged = _judge(records, partial(events.refuse_track, rules=self.rules))
        with self.store.locked():
            self.store.receive("/track", len(records), judged.refused)
            for event in judged.good:
                self._keep_tracked(event)
        return replies.acknowledged(len(judged.good), judged.refused, verbose=request.asks("verbose"))

    def _keep_tracked(self, event: Event) -> None:
        now, token = self.clock(), event["properties"]["token"]
        if events.is_too_old_to_track(event, now):
            self.store.counts["too_old"] += 1
        elif self.rules.identity == "simplified" and event["event"] in events.VERBS:
            self.store.counts["ignored"] += 1
        elif self._is_unknown(token):
            self.store.counts["unknown_token"] += 1
        else:
            self.store.keep(token, events.keep(event, self.rules, now))

    def _update(self, request: Request) -> Reply:
        try:
            records = bodies.uncompressed_records(request)
        except Unreadable as error:
            return _nothing_updated(str(error), request)
        refuse = updates.refuse_user_update if request.path == "/engage" else updates.refuse_group_update
        judged = _judge(records, partial(refuse, max_depth=self.rules.max_depth))
        with self.store.locked():
            self.store.receive(request.path, len(records), judged.refused)
            for update in judged.good:
                self._apply(update, request)
        if request.asks("strict"):
            return replies.updated(len(judged.good), judged.refused)
        return replies.acknowledged(len(judged.good), judged.refused, verbose=request.asks("verbose"))

    def _apply(self, update: Update, request: Request) -> None:
        token = str(update["$token"])
        if self._is_unknown(token):
            self.store.counts["unknown_token"] += 1
        elif request.path == "/groups":
            self.store.project(token).update_group(update)
        else:
            self.store.project(token).update_user(update)
            self.store.counts["located_by_request_ip"] += _is_located_by_request_ip(update, request)

    def _is_unknown(self, token: str) -> bool:
        return self.project_token not in {None, token}


def _judge(records: Sequence[Json], rule: Rule) -> Judged:
    verdicts = [(record, rule(record)) for record in records]
    good = [record for record, refusal in verdicts if refusal is None]
    refused = [Refused(place, record, refusal) for place, (record, refusal) in enumerate(verdicts) if refusal]
    return Judged(good, refused)


def _basic_token(request: Request) -> str | None:
    """Read the token from ``Basic base64("token:")``: the colon must be there, a password must not."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        token, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        return None
    return token if scheme.lower() == "basic" and colon and not password else None


def _nothing_updated(error: str, request: Request) -> Reply:
    if request.asks("strict"):
        return replies.updated_nothing(error)
    return replies.acknowledged_nothing(error, verbose=request.asks("verbose"))


def _is_located_by_request_ip(update: Update, request: Request) -> bool:
    return "$set" in update and "$ip" not in update and request.params.get("ip") != "0"
