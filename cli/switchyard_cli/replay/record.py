"""A run, written down beside the archive under ``replays/``: what was asked for, by whom, and how far it came."""

import getpass
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

import orjson
from botocore.exceptions import BotoCoreError, ClientError

from switchyard import clock
from switchyard.events import Json
from switchyard_cli.replay.selection import Asked, BadReplay

RUNNING: Final = "running"
INTERRUPTED: Final = "interrupted"
FINISHED: Final = "finished"


@dataclass(slots=True)
class Record:
    """One run; the names are those of the JSON. ``lastObject`` is the last that was replayed whole."""

    id: str
    by: str
    filter: dict[str, Json]
    startedAt: str  # noqa: N815
    updatedAt: str  # noqa: N815
    state: str = RUNNING
    objects: int = 0
    read: int = 0
    unreadable: int = 0
    events: int = 0
    lastObject: str = ""  # noqa: N815
    leftOut: list[str] = field(default_factory=list)  # noqa: N815

    @classmethod
    def begin(cls, asked: Asked, by: str) -> Self:
        """Begin a run; its id sorts by time."""
        now = clock.now()
        started_at = clock.to_iso(now)
        return cls(f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}", by, asked.document(), started_at, started_at)


def key_of(run_id: str) -> str:
    """Return the object in which a run is written down."""
    return f"replays/{run_id}.json"


def save(s3: Any, bucket: str, record: Record) -> None:
    """Write a run down as it stands."""
    record.updatedAt = clock.to_iso(clock.now())
    body = orjson.dumps(asdict(record), option=orjson.OPT_INDENT_2)
    s3.put_object(Bucket=bucket, Key=key_of(record.id), Body=body, ContentType="application/json")


def load(s3: Any, bucket: str, run_id: str) -> Record:
    """Read a run. Raises BadReplay where there is none of that id."""
    try:
        return Record(**orjson.loads(s3.get_object(Bucket=bucket, Key=key_of(run_id))["Body"].read()))
    except (ClientError, TypeError, ValueError) as error:
        told = f"; `aws s3 ls s3://{bucket}/replays/` lists them"
        raise BadReplay(f"there is no run '{run_id}' that can be resumed ({type(error).__name__}){told}") from None


def who(sts: Any) -> str:
    """Return who replays: the identity that AWS knows, else this machine's user."""
    try:
        return str(sts.get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError):
        return getpass.getuser()
