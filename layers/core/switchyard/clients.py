"""Clients of AWS's services, the same as boto3's.

boto3 itself also loads what moves large files to S3, and with it multiprocessing: a tenth of a cold start, for nothing
that is used here.
"""

import re
from functools import cache
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session, get_session

_CODE: Final = re.compile(r"[A-Za-z0-9.]{1,64}")


def create_client(service: str, config: Config | None = None) -> Any:
    """Return a client, of the region and with the credentials that the environment says."""
    return _session().create_client(service, config=config)


def kind_of(error: Exception) -> str:
    """Return an error's type, and AWS's code where there is one, as in ``ClientError, AccessDenied``.

    Both are names from fixed lists; the message of an error may quote what was sent (promise 7).
    """
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
    named = [code] if isinstance(code, str) and _CODE.fullmatch(code) else []
    return ", ".join([type(error).__name__, *named])


@cache
def _session() -> Session:
    """Return the one session: it remembers what it read of AWS's endpoints."""
    return get_session()
