"""What a million events cost, in US dollars at list prices of us-east-1, by how many events travel in a request.

The prices are from stored copies of AWS's and others' pages (2025 and 2026), so look them up before you rely on them.
Batches and memory are the template's; times are those that ``on_lambda`` measured once on a whole core. Custom metrics,
alarms, the dashboard, traffic out of AWS and all free tiers are left out.
"""

from math import ceil
from pathlib import Path
from typing import Final

from benchmarks.measuring import show

from switchyard.events import Json
from switchyard_cli.local.template import Template

SIZES: Final = (1, 20, 100)
"""Events a request: what browsers send, and what server-side SDKs send when there is much to send."""

# Prices, in dollars.
_API_REQUEST: Final = 3.50e-6  # REST
_LAMBDA_REQUEST: Final = 0.20e-6
_LAMBDA_GB_SECOND: Final = 0.0000133334  # arm64
_SQS_REQUEST: Final = 0.40e-6
_SQS_CHUNK_BYTES: Final = 65_536
_S3_PUT: Final = 0.005e-3
_S3_GB_MONTH: Final = 0.023
_LOGS_GB: Final = 0.50

# What was measured, for events of 1.6 KB.
_EVENT_BYTES: Final = 1_650
_GZIP: Final = 5
"""How many times smaller the archive is; events of one template pack better, those of many worse."""
_RATES: Final = {  # events/s of one function
    "collect": {1: 170, 20: 2_700, 100: 4_600},
    "archive": {1: 20_000, 20: 20_000, 100: 20_000},
    "forward": {1: 1_800, 20: 3_200, 100: 7_600},
}
_REPLY_SECONDS: Final = 0.3  # that Mixpanel takes for a batch
_LOG_BYTES: Final = {"request": 1_900, "event": 60}
_EVENTS_A_MINUTE: Final = 1_000_000 / (30 * 24 * 60)
"""A million a month: fewer make more objects an event, more make fewer."""

_CORE_MB: Final = 1_769
"""Memory with which Lambda gives a whole core."""

MILLION: Final = 1_000_000


def main() -> None:
    """Print the results."""
    template = Template(Path(__file__).parents[1] / "template.yaml", {}, "us-east-1", "123456789012")
    functions = template.resources("AWS::Serverless::Function")
    for size in SIZES:
        parts = costs(functions, size)
        show(f"cost.million_{size}", sum(parts.values()), "USD")
        for name, value in parts.items():
            show(f"cost.million_{size}.{name}", value, "USD")


def costs(functions: dict[str, Json], size: int) -> dict[str, float]:
    """Return the cost of a million events by service; ``size`` events come in a request."""
    requests = MILLION / size
    return {
        "api": requests * _API_REQUEST,
        "lambda": _lambda(functions, size),
        "sqs": 2 * requests * _messages(size) * _SQS_REQUEST,
        "s3": _runs(functions["ArchiveFunction"], size) * _S3_PUT + MILLION * _EVENT_BYTES / _GZIP / 1e9 * _S3_GB_MONTH,
        "logs": (requests * _LOG_BYTES["request"] + MILLION * _LOG_BYTES["event"]) / 1e9 * _LOGS_GB,
    }


def _messages(size: int) -> float:
    """Return SQS's requests for one message: sent alone, received and deleted with others if it is small."""
    chunks = ceil(size * _EVENT_BYTES / _SQS_CHUNK_BYTES)
    return chunks + (chunks if chunks > 1 else 0.1) + 0.1


def _runs(function: Json, size: int) -> float:
    """Return how often a function runs that reads a queue: when a batch is full, at the latest when its window ends."""
    queue = function["Events"]["Queue"]["Properties"]
    in_window = _EVENTS_A_MINUTE * queue["MaximumBatchingWindowInSeconds"] / 60
    return MILLION / float(min(queue["BatchSize"] * size, max(size, in_window)))


def _lambda(functions: dict[str, Json], size: int) -> float:
    forward = functions["ForwardMixpanelFunction"]
    runs = MILLION / size + _runs(functions["ArchiveFunction"], size) + _runs(forward, size)
    waiting = _runs(forward, size) * _REPLY_SECONDS * forward["MemorySize"] / 1024
    # A function with less memory has less of a core and takes longer: the work itself costs the same.
    working = sum(MILLION / rate[size] for rate in _RATES.values()) * _CORE_MB / 1024
    return runs * _LAMBDA_REQUEST + float(waiting + working) * _LAMBDA_GB_SECOND


if __name__ == "__main__":
    main()
