"""Whether an event is in the archive yet."""

import gzip
from collections.abc import Iterator
from datetime import datetime

from switchyard import clock
from switchyard.archive import partition_of
from switchyard.envelope import Envelope
from switchyard_cli.deployment import Deployment
from switchyard_cli.function_log import CLOCKS_DIFFER


class ArchiveSearch:
    """Looks for events in what the archive function has written since; no object is read twice."""

    def __init__(self, deployment: Deployment, since: datetime) -> None:
        self._s3 = deployment.client("s3")
        self._bucket = deployment.bucket
        self._since = since
        self._read: set[str] = set()

    def has(self, source: str, message_id: str) -> bool:
        """Tell whether the event is in an object that has not been looked at before."""
        for key in self._new_keys(source):
            self._read.add(key)
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            if message_id.encode() in gzip.decompress(body):
                return True
        return False

    def _new_keys(self, source: str) -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2")
        for prefix in sorted({self._prefix(source, moment) for moment in (self._since, clock.now())}):
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for each in page.get("Contents", []):
                    if each["Key"] not in self._read and each["LastModified"] > self._since - CLOCKS_DIFFER:
                        yield each["Key"]

    def _prefix(self, source: str, moment: datetime) -> str:
        return partition_of(Envelope(source, clock.to_iso(moment), "", ())).prefix
