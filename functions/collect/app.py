"""API Gateway → the archive queue, a queue for each destination type, and the dead-letter queue of what is refused."""

import os
from typing import Any

from switchyard import config, observability
from switchyard.clients import create_client
from switchyard.collect.front_door import FrontDoor
from switchyard.queues import CLIENT_CONFIG, Queue
from switchyard.secret_settings import Secrets

sqs = create_client("sqs", CLIENT_CONFIG)
configuration = config.load(os.environ["SWITCHYARD_CONFIG"])

front_door = FrontDoor(
    configuration,
    archive=Queue(sqs, os.environ["QUEUE_URL_ARCHIVE"]),
    destinations={each: Queue(sqs, os.environ[f"QUEUE_URL_{each.upper()}"]) for each in configuration.types()},
    dead_letters=Queue(sqs, os.environ["DEAD_LETTER_QUEUE_URL"]),
    secrets=Secrets(os.environ["SECRETS_PREFIX"]),
    logger=observability.create_logger("collect"),
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one HTTP request."""
    return front_door.answer(event)
