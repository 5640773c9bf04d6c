"""Makes the files beside it: what Lambda hands the functions for the payloads one folder up (docs/local.md).

``python events/lambda/generate.py`` writes them anew; a test says when that is due.
"""

from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Final

import orjson
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from switchyard.envelope import Envelope, Item, seal
from switchyard.events import Json
from switchyard_cli.local.cloud import ACCOUNT, REGION
from switchyard_cli.local.gateway import proxy_event
from switchyard_cli.local.samples import call_of, read_samples

HERE: Final = Path(__file__).parent
RECEIVED: Final = "2026-01-15T10:00:11.000Z"
RECEIVED_MS: Final = 1768471211000
REQUEST_ID: Final = "5b1f0a52-2f1c-4c8e-9d3a-7c1b2e4f6a90"


def lambda_events() -> Iterator[tuple[str, Json]]:
    """Yield each file's name and what it holds."""
    for name, payload in read_samples(HERE.parent).items():
        yield f"collect-{name}.json", http_call(call_of(name, payload), payload)
    archived = [orjson.loads(line) for line in (HERE.parent / "archived.ndjson").read_bytes().splitlines()]
    yield "archive.json", messages("archive", archived)
    yield "forward-mixpanel.json", messages("mixpanel", archived)


def http_call(call: str, payload: Json) -> Json:
    """Return what a REST API makes of an SDK's call; the stage is not part of the path."""
    builder = EnvironBuilder(
        path=f"/{call}",
        method="POST",
        base_url="https://api.execute-api.eu-central-1.amazonaws.com",
        headers=Headers({"User-Agent": "analytics-python/2.4.0"}),
        data=orjson.dumps(payload),
        content_type="application/json",
        environ_base={"REMOTE_ADDR": "203.0.113.1"},
    )
    event = proxy_event(builder.get_request(), "/{proxy+}", {"proxy": call})
    event["requestContext"] |= {"requestId": REQUEST_ID, "requestTimeEpoch": RECEIVED_MS, "path": f"/v1/{call}"}
    return event


def messages(queue: str, events: list[Json]) -> Json:
    """Return what Lambda's poller makes of the message that collect sends for a request with these events."""
    envelope = Envelope("web", RECEIVED, REQUEST_ID, tuple(map(Item.of, events)))
    return {"Records": [_record(number, body, queue) for number, body in enumerate(seal(envelope))]}


def _record(number: int, body: str, queue: str) -> Json:
    return {
        "messageId": f"00000000-0000-4000-8000-{number:012}",
        "receiptHandle": "receipt",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(RECEIVED_MS),
            "SenderId": ACCOUNT,
            "ApproximateFirstReceiveTimestamp": str(RECEIVED_MS + 1),
        },
        "messageAttributes": {},
        "md5OfBody": md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
        "awsRegion": REGION,
    }


def to_text(event: Json) -> bytes:
    """Return the text of a file."""
    return orjson.dumps(event, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    for file, content in lambda_events():
        (HERE / file).write_bytes(to_text(content))
