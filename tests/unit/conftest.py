"""AWS for the unit tests: SQS as a stand-in that is as strict as AWS documents it, everything else as moto's."""

import multiprocessing
import re
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import pytest
from moto import mock_aws

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MAX_REQUEST_BYTES = 1_048_576


class StrictSqs:
    """A client of SQS that keeps messages by queue URL and lets nothing pass that AWS would refuse.

    ``broken`` makes a queue raise; ``partial`` makes it refuse the last message of each request.
    """

    def __init__(self) -> None:
        self.messages: dict[str, list[str]] = defaultdict(list)
        self.requests: list[list[dict[str, Any]]] = []
        self.broken: dict[str, Exception] = {}
        self.partial: set[str] = set()

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's
        """Take the messages, or raise AssertionError where AWS would answer with a 400."""
        if error := self.broken.get(QueueUrl):
            raise error
        self._check(Entries)
        taken = Entries[:-1] if QueueUrl in self.partial else Entries
        self.requests.append(Entries)
        self.messages[QueueUrl] += [entry["MessageBody"] for entry in taken]
        failed = [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": False} for entry in Entries[len(taken) :]]
        return {"Successful": [{"Id": entry["Id"]} for entry in taken]} | ({"Failed": failed} if failed else {})

    def _check(self, entries: list[dict[str, Any]]) -> None:
        bodies = [entry["MessageBody"] for entry in entries]
        assert 1 <= len(entries) <= 10, "a request has one to ten messages"
        assert len({entry["Id"] for entry in entries}) == len(entries), "their ids differ"
        assert all(bodies), "no message is empty"
        assert not any(FORBIDDEN.search(body) for body in bodies), "their characters are those of XML"
        assert sum(len(body.encode()) for body in bodies) <= MAX_REQUEST_BYTES, "they have 1 MiB together"
        assert all(0 <= entry["DelaySeconds"] <= 900 for entry in entries), "they wait a quarter of an hour at most"


@pytest.fixture(scope="session")
def new_sqs() -> Callable[[], StrictSqs]:
    """Make a strict SQS with empty queues."""
    return StrictSqs


@pytest.fixture(scope="session")
def powertools() -> Iterator[None]:
    """The variables that the template sets for Powertools."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("POWERTOOLS_SERVICE_NAME", "switchyard-test")
        environment.setenv("POWERTOOLS_METRICS_NAMESPACE", "Switchyard")
        yield


@pytest.fixture
def aws() -> Iterator[None]:
    """An empty AWS account of moto's; nothing leaves the process."""
    with mock_aws():
        yield


@pytest.fixture
def peak_of() -> Callable[[Callable[[], object]], int]:
    """Measure the bytes that some work takes at the most, in a process of its own: other tests' threads count not."""

    def measure(work: Callable[[], object]) -> int:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        child = multiprocessing.get_context("fork").Process(target=_trace, args=(work, sender))
        child.start()
        sender.close()
        peak: int = receiver.recv()
        child.join()
        return peak

    return measure


def _trace(work: Callable[[], object], sender: Connection) -> None:
    tracemalloc.stop()  # whoever else may have started it
    tracemalloc.start()
    work()
    sender.send(tracemalloc.get_traced_memory()[1])
