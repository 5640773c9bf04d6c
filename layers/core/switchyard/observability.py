"""Logs and metrics: the only two ways in which a run tells what it did.

Promise 7 holds here: log lines and metrics have names, counts, ids of messages, types and codes of errors, never values
of events and never messages of unexpected errors, which may quote them.
"""

import os
from collections.abc import Mapping
from typing import Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

RECEIVED: Final = "SuccessfullyReceived"
FAILED_ON_INGEST: Final = "FailedOnIngest"
ARCHIVED: Final = "Archived"
FILTERED: Final = "FilteredAtDestination"
DELIVERED: Final = "SuccessfulDelivery"
RETRIED: Final = "RetriedDelivery"
FAILED: Final = "FailedDelivery"
SETUP_FAILURES: Final = "SetupFailures"

MAX_LOGGED_IDS: Final = 100
"""Of events, in one log line: CloudWatch takes 256 KB, and in JSON a messageId may have 1,200 bytes."""


def create_logger(function: str) -> Logger:
    """Return the structured logger of one function."""
    return Logger(service=f"{os.environ['POWERTOOLS_SERVICE_NAME']}-{function}")


def count(counts: Mapping[str, int], **dimensions: str) -> None:
    """Emit counters in CloudWatch's embedded metric format, under the dimensions; zeros are left out.

    Namespace and the dimension ``service`` come from Powertools' environment variables in the template.
    """
    if not any(counts.values()):
        return
    metrics = EphemeralMetrics()
    for name, value in dimensions.items():
        metrics.add_dimension(name=name, value=value)
    for name, number in counts.items():
        if number:
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    metrics.flush_metrics()
