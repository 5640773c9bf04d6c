"""The archive as a reader finds it: its sources, the objects of a time in the order of their keys, their events."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from typing import Any
from urllib.parse import quote, unquote

from switchyard import clock
from switchyard.archive import partition_at
from switchyard_cli.preview.reading import Line, read_stream

_ROOT = "archive/source="


@dataclass(frozen=True, slots=True)
class ArchivedEvents:
    """The archive's bucket, read through a client of S3's."""

    s3: Any
    bucket: str

    def sources(self) -> list[str]:
        """Return the sources that ever had an event, in the order of their keys."""
        return [unquote(each) for each in self._folders(_ROOT)]

    def dates(self, source: str) -> list[str]:
        """Return the days (UTC) on which events of a source were received, in their order."""
        return self._folders(f"{_ROOT}{quote(source, safe='')}/date=")

    def _folders(self, beginning: str) -> list[str]:
        """Return how the keys go on that begin like this, up to the next slash."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=beginning, Delimiter="/")
        prefixes = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]
        return [prefix.removeprefix(beginning).rstrip("/") for prefix in prefixes]

    def keys(self, source: str, start: datetime, end: datetime, after: str = "") -> Iterator[str]:
        """Yield the objects of the hours in which events of that time were received; with ``after``, those behind it.

        Keys are in the order of the hours, so nothing outside of them is listed.
        """
        first = partition_at(source, clock.to_iso(start)).prefix
        last = partition_at(source, clock.to_iso(end - timedelta(microseconds=1))).prefix
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=first.partition("date=")[0], StartAfter=max(first, after)
        )
        for page in pages:
            for each in page.get("Contents", []):
                if each["Key"].rpartition("/")[0] + "/" > last:
                    return
                yield each["Key"]

    def read(self, key: str) -> Iterator[Line]:
        """Yield the events of an object as it streams in. Raises UnreadableInput for damaged data."""
        body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]
        with body:
            yield from read_stream(BufferedReader(body), f"{key}, ")
