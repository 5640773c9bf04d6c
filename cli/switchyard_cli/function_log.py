"""What the functions logged of one event."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from switchyard_cli.deployment import Deployment

CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""By how much what AWS dates may seem older than what this machine did before."""


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
        """Yield the lines that name the event, or a request by its id, as they were logged, the oldest first."""
        named = orjson.dumps(message_id).decode()[1:-1]  # as it stands in a line, which is JSON
        for line in self._local(named) if self._deployment.is_local else self._deployed(named):
            with suppress(ValueError):
                yield orjson.loads(line)

    def _local(self, named: str) -> Iterator[str]:
        file = Path(self.place)  # which begins with the first line
        lines = file.read_text(errors="replace").splitlines() if file.exists() else []
        return (line for line in lines if named in line)

    def _deployed(self, named: str) -> Iterator[str]:
        pages = self._deployment.client("logs").get_paginator("filter_log_events")
        start = round((self._since - CLOCKS_DIFFER).timestamp() * 1000)
        for page in pages.paginate(logGroupName=self.place, startTime=start, filterPattern=f'"{named}"'):
            yield from (each["message"] for each in page["events"])
