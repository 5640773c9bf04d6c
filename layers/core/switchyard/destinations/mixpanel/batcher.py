"""Operations → batches under Mixpanel's limits, in the order in which they have to be sent."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from switchyard.destinations.base import Batch, Operation
from switchyard.destinations.mixpanel.settings import MixpanelSettings

ENDPOINTS: Final = ("/track", "/import", "/groups", "/engage")
"""The order of sending. Identity calls go before the profiles that they concern. User profiles go last: their ``$add``
is the one thing that counts twice when a run breaks off and is repeated, so as little as possible comes after it."""

MAX_RECORDS: Final = 2000
"""Mixpanel's limit for one request, the same at every endpoint."""

MAX_RECORD_BYTES: Final = 1_000_000
"""Mixpanel's limit for one record, uncompressed. A larger one travels alone, so that the refusal is about it alone."""


def batches(operations: Sequence[Operation], settings: MixpanelSettings) -> list[Batch]:
    """Return the batches, to be sent one after the other: at each endpoint the operations keep their order.

    No body is longer than ``settings.batchBytes`` (bytes of JSON, uncompressed) unless one record alone is.
    """
    numbered: dict[str, list[tuple[int, bytes]]] = {endpoint: [] for endpoint in ENDPOINTS}
    for position, operation in enumerate(operations):
        numbered[operation.endpoint].append((position, operation.record))
    return [
        Batch(endpoint, [record for _, record in portion], [position for position, _ in portion])
        for endpoint, records in numbered.items()
        for portion in _portions(records, settings.batchBytes)
    ]


def _portions(numbered: Iterable[tuple[int, bytes]], max_bytes: int) -> Iterator[list[tuple[int, bytes]]]:
    portion: list[tuple[int, bytes]] = []
    size = 1  # the brackets, less the comma that the last record does not need
    for position, record in numbered:
        weight = len(record) + 1 if len(record) <= MAX_RECORD_BYTES else max_bytes
        if portion and (size + weight > max_bytes or len(portion) == MAX_RECORDS):
            yield portion
            portion, size = [], 1
        portion.append((position, record))
        size += weight
    if portion:
        yield portion
