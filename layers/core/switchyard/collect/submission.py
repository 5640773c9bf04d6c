"""A request → who sends, and the events in it: from an SDK, from an image, or from Segment's servers."""

from datetime import datetime
from typing import NamedTuple

from switchyard.collect.addresses import Sender, address_of
from switchyard.collect.decode import Body, decode_body, decode_json, read_bytes
from switchyard.collect.intake import Intake, take_in, take_in_relayed
from switchyard.collect.normalise import Arrival
from switchyard.collect.pixel import decode_pixel
from switchyard.collect.request import Request
from switchyard.collect.routes import Found, Route, Use
from switchyard.collect.webhook import MAX_BODY_BYTES, check_signature
from switchyard.collect.write_key import find_write_key, source_of
from switchyard.config import Config, Source
from switchyard.errors import MissingSecret, RefusedRequest
from switchyard.secret_settings import Secrets


class Submission(NamedTuple):
    """What a request brought. ``repaired`` tells that values which JSON cannot hold were replaced.

    ``key`` says which of the source's write keys it had, by number; the key itself must be in no log.
    """

    source: Source
    intake: Intake
    repaired: bool
    key: int | None = None


def read_submission(
    found: Found, request: Request, config: Config, secrets: Secrets, received_at: datetime
) -> Submission:
    """Return who sends and what. Raises RefusedRequest; MissingSecret where Segment's signature cannot be checked."""
    if found.route.use is Use.WEBHOOK:
        return _relayed(found.argument, request, config, secrets, received_at)
    return _sent(found.route, request, config, received_at)


def _sent(route: Route, request: Request, config: Config, received_at: datetime) -> Submission:
    body = _body(route, request)
    write_key = find_write_key(request.headers, body.value, request.query)
    source = source_of(config, write_key)
    arrival = Arrival(received_at, sender=_sender(route, request, source))
    return Submission(source, take_in(route.call, body.value, arrival), body.repaired, source.number_of(write_key))


def _body(route: Route, request: Request) -> Body:
    if route.use is Use.PIXEL:
        return decode_pixel(request.query)
    return decode_body(request.body, is_base64=request.is_base64)


def _sender(route: Route, request: Request, source: Source) -> Sender:
    forwarded_for = request.headers.get("x-forwarded-for", "")
    side = source.side or ("client" if route.is_client_side else None)
    return Sender(address_of(request.ip, forwarded_for, source.trustedProxies), side, source.ip)


def _relayed(name: str, request: Request, config: Config, secrets: Secrets, received_at: datetime) -> Submission:
    source = config.source(name)
    if source is None or not source.webhookSecrets:
        raise RefusedRequest("unknown_source", "No source of this name takes webhooks.")
    raw = read_bytes(request.body, is_base64=request.is_base64, most=MAX_BODY_BYTES)
    _check_signature(raw, request, source, secrets)
    body = decode_json(raw)
    # The connection is Segment's: its address is nobody's.
    arrival = Arrival(received_at, sender=Sender(detail=source.ip), is_relayed=True)
    return Submission(source, take_in_relayed(body.value, arrival), body.repaired)


def _check_signature(raw: bytes, request: Request, source: Source, secrets: Secrets) -> None:
    shared, missing = _shared_secrets(source, secrets)
    try:
        check_signature(raw, request.headers.get("x-signature", ""), shared)
    except RefusedRequest:
        if missing:  # by which it may have been signed
            raise missing from None
        raise


def _shared_secrets(source: Source, secrets: Secrets) -> tuple[list[str], MissingSecret | None]:
    """Return the secrets that can be read, and what is wrong with the first that cannot."""
    shared: list[str] = []
    missing = None
    for each in source.webhookSecrets:
        try:
            shared += secrets.resolve({"sharedSecret": each}).values()
        except MissingSecret as error:
            missing = missing or error
    return shared, missing
