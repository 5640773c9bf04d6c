"""What an operator does: dead letters back to the queue, and the archive once more through it."""

import gzip
from collections.abc import Iterator

import orjson
from tests.delivery.chaos.chance import Chance
from tests.delivery.chaos.s3 import SimulatedS3
from tests.delivery.chaos.sqs import SimulatedSqs

from switchyard.envelope import Envelope, Item, seal


def redrive(sqs: SimulatedSqs, dead: str, queue: str, chance: Chance) -> None:
    """Send every dead letter to the queue, and forget it there; who is interrupted sends some twice."""
    for body in list(sqs.bodies(dead)):
        chance.counts["redrive"] += 1
        sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "0", "MessageBody": body}])
        if not chance.happens("redrive repeated", 0.1):
            sqs.discard(dead, body)


def replay(s3: SimulatedS3, sqs: SimulatedSqs, queue: str) -> Iterator[str]:
    """Send everything in the archive to the queue. Yields the messages."""
    for envelope in _archived(s3):
        for body in seal(envelope):
            sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "0", "MessageBody": body}])
            yield body


def _archived(s3: SimulatedS3) -> Iterator[Envelope]:
    for bucket in s3.objects.values():
        for key, content in list(bucket.items()):
            events = [orjson.loads(line) for line in gzip.decompress(content).splitlines()]
            source = key.split("source=")[1].split("/")[0]
            yield Envelope(source, events[0]["receivedAt"], "replay", tuple(map(Item.of, events)))
