"""The archive queue → S3, many events an object."""

import os
from typing import Any

from switchyard import observability
from switchyard.archive import Archive, Archivist
from switchyard.clients import create_client
from switchyard.queues import CLIENT_CONFIG, Queue, failures

archivist = Archivist(
    Archive(create_client("s3"), os.environ["ARCHIVE_BUCKET"]),
    queue=Queue(create_client("sqs", CLIENT_CONFIG), os.environ["ARCHIVE_QUEUE"]),
    logger=observability.create_logger("archive"),
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Archive one batch of messages; those that could not be written are received again."""
    return failures(archivist.run(event["Records"]))
