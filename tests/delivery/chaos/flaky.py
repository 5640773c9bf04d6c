"""What a function gets of AWS: calls that fail, or end the process, before or after they take effect."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import ClientError, ReadTimeoutError
from tests.delivery.chaos.chance import Chance

EFFECTS: Final[Mapping[str, str]] = {
    "send_message_batch": "send",
    "delete_message_batch": "delete",
    "put_object": "put",
}
CRASH: Final[Mapping[str, float]] = {"send": 0.01, "put": 0.05, "delete": 0.1}
FAILURE: Final[Mapping[str, float]] = {"send": 0.03, "put": 0.05, "delete": 0.1}
"""Probabilities; what is done seldom fails often, so that every kind of fault occurs."""


class Flaky:
    """A client of SQS or S3 with the faults of ``chance``; ``taken`` is told what a queue took."""

    def __init__(self, client: Any, chance: Chance, taken: Callable[[str, str], object] = lambda _url, _body: None):
        self._client = client
        self._chance = chance
        self._taken = taken

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._client, name)
        return call if name not in EFFECTS else lambda **arguments: self._call(name, call, arguments)

    def _call(self, name: str, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        with self._effect(EFFECTS[name]):
            if name != "send_message_batch":
                return call(**arguments)
            return self._send(call, arguments["QueueUrl"], arguments["Entries"])

    def _send(self, call: Callable[..., Any], url: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        taken = entries
        if len(entries) > 1 and self._chance.happens("send takes some", FAILURE["send"]):
            taken = self._chance.random.sample(entries, self._chance.random.randrange(1, len(entries)))
        call(QueueUrl=url, Entries=taken)
        for entry in taken:
            self._taken(url, entry["MessageBody"])
        failed = [
            {"Id": each["Id"], "Code": "InternalError", "SenderFault": False} for each in entries if each not in taken
        ]
        return {"Successful": [{"Id": each["Id"]} for each in taken], "Failed": failed}

    @contextmanager
    def _effect(self, effect: str) -> Iterator[None]:
        self._chance.crash(f"crash before {effect}", CRASH[effect])
        if self._chance.happens(f"{effect} fails before", FAILURE[effect]):
            raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": ""}}, effect)
        yield
        if self._chance.happens(f"{effect} fails after", FAILURE[effect]):
            raise ReadTimeoutError(endpoint_url="https://aws.example")
        self._chance.crash(f"crash after {effect}", CRASH[effect])
