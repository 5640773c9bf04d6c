"""Where one event was seen: in the archive, and in what the functions logged of it."""

import gzip
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from switchyard import clock
from switchyard.archive import partition_of
from switchyard.envelope import Envelope
from switchyard_cli.deployment import Deployment

_CLOCKS_DIFFER: Final = timedelta(minutes=1)


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
                    if each["Key"] not in self._read and each["LastModified"] > self._since - _CLOCKS_DIFFER:
                        yield each["Key"]

    def _prefix(self, source: str, moment: datetime) -> str:
        return partition_of(Envelope(source, clock.to_iso(moment), "", ())).prefix


class FunctionLog:
    """What one function logged: in CloudWatch, or in the local stack's file."""

    def __init__(self, deployment: Deployment, function: str, since: datetime) -> None:
        self._deployment = deployment
        self._since = since
        self.place = str(deployment.log)
        if not deployment.is_local:
            told = deployment.client("lambda").get_function_configuration(FunctionName=deployment.functions[function])
            self.place = told.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{told['FunctionName']}"

    def lines(self, message_id: str) -> Iterator[dict[str, Any]]:
        """Yield the lines that name the event, as they were logged, the oldest first."""
        for line in self._local(message_id) if self._deployment.is_local else self._deployed(message_id):
            with suppress(ValueError):
                yield orjson.loads(line)

    def _local(self, message_id: str) -> Iterator[str]:
        lines = Path(self.place).read_text(errors="replace").splitlines()
        return (line for line in lines if message_id in line)

    def _deployed(self, message_id: str) -> Iterator[str]:
        pages = self._deployment.client("logs").get_paginator("filter_log_events")
        start = round((self._since - _CLOCKS_DIFFER).timestamp() * 1000)
        for page in pages.paginate(logGroupName=self.place, startTime=start, filterPattern=f'"{message_id}"'):
            yield from (each["message"] for each in page["events"])
