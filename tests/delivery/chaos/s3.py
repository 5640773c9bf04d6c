"""S3 in memory: one bucket or more, whole objects."""

import io
from typing import Any


class SimulatedS3:
    """A client of S3."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, bytes]] = {}

    def create_bucket(self, *, Bucket: str, **_: Any) -> None:  # noqa: N803
        """Create a bucket."""
        self.objects[Bucket] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        """Write an object, over the one of that name."""
        self.objects[Bucket][Key] = Body
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """Read an object."""
        return {"Body": io.BytesIO(self.objects[Bucket][Key])}

    def list_objects_v2(self, *, Bucket: str, Prefix: str = "") -> dict[str, Any]:  # noqa: N803
        """List the objects by name."""
        return {"Contents": [{"Key": key} for key in sorted(self.objects[Bucket]) if key.startswith(Prefix)]}
