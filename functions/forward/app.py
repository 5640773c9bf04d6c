"""The queue of one destination type → its destinations; what they refuse → the dead-letter queue."""

import os
from typing import Any

from switchyard import config, memory, observability
from switchyard.clients import create_client
from switchyard.destinations import load_type
from switchyard.forward.plan import compile_destination
from switchyard.forward.run import Forwarder
from switchyard.forward.settle import RetryPolicy
from switchyard.queues import CLIENT_CONFIG, Queue, failures
from switchyard.secret_settings import Secrets

RESERVED_MS = 70_000
"""A request is begun only while this much of the run is left: enough for its time-outs (65 s) and for settling."""

sqs = create_client("sqs", CLIENT_CONFIG)
configuration = config.load(os.environ["SWITCHYARD_CONFIG"])
destination_type = load_type(os.environ["DESTINATION_TYPE"])
secrets = Secrets(os.environ["SECRETS_PREFIX"])

forwarder = Forwarder(
    configuration,
    {
        each.name: compile_destination(each, destination_type, secrets.resolve)
        for each in configuration.destinations
        if each.type == destination_type.name
    },
    queue=Queue(sqs, os.environ["QUEUE_URL"]),
    dead_letters=Queue(sqs, os.environ["DEAD_LETTER_QUEUE_URL"]),
    policy=RetryPolicy(
        window_seconds=float(os.environ["RETRY_WINDOW_HOURS"]) * 3600,
        base_seconds=float(os.environ["RETRY_BASE_SECONDS"]),
    ),
    logger=observability.create_logger("forward"),
)
memory.settle_in()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deliver one batch of messages; those that could not be settled are received again."""
    try:
        return failures(forwarder.run(event["Records"], lambda: context.get_remaining_time_in_millis() > RESERVED_MS))
    finally:
        memory.clear_up()
