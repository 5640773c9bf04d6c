"""Clients of AWS's services, the same as boto3's.

boto3 itself also loads what moves large files to S3, and with it multiprocessing: a tenth of a cold start, for nothing
that is used here.
"""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session


def create_client(service: str, config: Config | None = None) -> Any:
    """Return a client, of the region and with the credentials that the environment says."""
    return _session().create_client(service, config=config)


@cache
def _session() -> Session:
    """Return the one session: it remembers what it read of AWS's endpoints."""
    return get_session()
