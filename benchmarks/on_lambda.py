"""How long what was built takes to start, beside boto3 alone, and how many events a second it takes once it is warm.

AWS's own runtime client runs it (see ``built``); SQS, S3, Secrets Manager and Mixpanel are stand-ins that answer at
once, in this process, so a throughput has no network in it but all of the work.
"""

import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final, NamedTuple

from benchmarks.built import BUILD, PYTHON, built_template, mount_layers, run_function, run_handler
from benchmarks.events import track_events
from benchmarks.measuring import read_options, show
from benchmarks.runtime_api import FunctionFailed, Runtime
from benchmarks.stand_ins import serve_stand_ins

from switchyard.envelope import Envelope, Item, seal
from switchyard.events import Json
from switchyard_cli.local.template import Physical, Template

FUNCTIONS: Final = {"collect": "CollectFunction", "archive": "ArchiveFunction", "forward": "ForwardMixpanelFunction"}
SIZES: Final = (1, 20, 100)
"""Events a request."""

_BARE: Final = Path(__file__).parent / "bare"
_MOST_THROUGHPUTS: Final = 3
_MESSAGES: Final = 200
"""That forward gets at once, or fewer if there are not as many events: its batch size in the template."""

_RECEIVED: Final = "2026-01-15T10:00:11.000Z"
_Start = Callable[[], AbstractContextManager[Runtime]]


class Subject(NamedTuple):
    """A function that is measured: how it is started, and what events of Lambda's it gets for some of ours."""

    start: _Start
    requests: Callable[[list[bytes], int], Iterator[Json]]


def main() -> None:
    """Print the results."""
    options = read_options(__doc__, events=2000, runs=7)
    if not (BUILD.is_dir() and PYTHON.exists()):
        print("Nothing is built, so nothing is measured as on Lambda: that needs Python 3.13.", file=sys.stderr)
        return
    events = track_events(options.events)
    with _subjects() as subjects:
        _show_cold_starts(subjects, events[0], options.runs)
        for name in ("collect", "forward"):
            for size in SIZES:
                rates = [_throughput(subjects[name], events, size) for _ in range(min(options.runs, _MOST_THROUGHPUTS))]
                show(f"warm.{name}_{size}", median(rates), "events/s")


@contextmanager
def _subjects() -> Iterator[dict[str, Subject]]:
    """Yield the functions by name, and ``bare``, which does nothing."""
    template = built_template({"Stage": "bench"})
    _name_resources(template)
    with tempfile.TemporaryDirectory() as folder, serve_stand_ins() as url:
        opt = Path(folder) / "opt"
        mount_layers(template, opt)
        environment = {"AWS_ENDPOINT_URL": url, "MIXPANEL_URL": url}

        def subject(function: str) -> Subject:
            requests = http_requests if function == "CollectFunction" else sqs_events
            return Subject(lambda: run_function(template, function, opt, environment), requests)

        bare = Subject(lambda: run_handler("app.handler", _BARE, opt, environment), sqs_events)
        yield {"bare": bare} | {name: subject(function) for name, function in FUNCTIONS.items()}


def _name_resources(template: Template) -> None:
    for name in template.resources("AWS::SQS::Queue"):
        template.physical[name] = Physical(f"https://sqs.eu-central-1.amazonaws.com/123456789012/{name}")
    template.physical["ArchiveBucket"] = Physical("archive")


def _show_cold_starts(subjects: dict[str, Subject], event: bytes, runs: int) -> None:
    """Show the time from the process's start to its first answer; all take turns, since the machine has its moods."""
    rounds = [{name: _cold_start(subject, event) for name, subject in subjects.items()} for _ in range(runs)]
    for name in subjects:
        show(f"cold_start.{name}", 1000 * median(each[name] for each in rounds), "ms")
    for name in FUNCTIONS:
        show(f"cold_start.{name}_ratio", median(each[name] / each["bare"] for each in rounds), "ratio")


def _cold_start(subject: Subject, event: bytes) -> float:
    (request,) = subject.requests([event], 1)
    with subject.start() as runtime:
        _invoke(runtime, request)
        return perf_counter() - runtime.started


def _throughput(subject: Subject, events: list[bytes], size: int) -> float:
    requests = list(subject.requests(events, size))
    with subject.start() as runtime:
        _invoke(runtime, requests[0])  # warms up
        start = perf_counter()
        for request in requests:
            _invoke(runtime, request)
        return len(events) / (perf_counter() - start)


def _invoke(runtime: Runtime, request: Json) -> None:
    """Invoke the function. A figure for events that were not taken would mean nothing."""
    answer = runtime.invoke(request)
    if answer.get("statusCode", 200) != 200 or answer.get("batchItemFailures"):  # noqa: PLR2004 - HTTP's OK
        raise FunctionFailed(f"the function answered {answer}")


def http_requests(events: list[bytes], size: int) -> Iterator[Json]:
    """Yield what API Gateway makes of the requests of an SDK that sends so many events at once."""
    for start in range(0, len(events), size):
        body = b'{"writeKey":"demo-write-key","batch":[' + b",".join(events[start : start + size]) + b"]}"
        yield {
            "resource": "/v1/{call}",
            "path": "/v1/batch",
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json"},
            "queryStringParameters": None,
            "pathParameters": {"call": "batch"},
            "requestContext": {"requestId": str(start), "identity": {"sourceIp": "203.0.113.1"}},
            "body": b64encode(body).decode(),
            "isBase64Encoded": True,
        }


def sqs_events(events: list[bytes], size: int) -> Iterator[Json]:
    """Yield what Lambda's poller makes of the messages that collect would send for such requests."""
    items = [Item(event) for event in events]
    groups = [tuple(items[start : start + size]) for start in range(0, len(items), size)]
    bodies = [body for group in groups for body in seal(Envelope("web", _RECEIVED, "request", group))]
    for start in range(0, len(bodies), _MESSAGES):
        portion = enumerate(bodies[start : start + _MESSAGES])
        yield {"Records": [_record(str(start + number), body) for number, body in portion]}


def _record(message_id: str, body: str) -> Json:
    return {"messageId": message_id, "body": body, "attributes": {"SentTimestamp": "1768471211000"}}


if __name__ == "__main__":
    main()
