"""What any function costs that speaks to SQS: Lambda's runtime, boto3 and one client."""

from typing import Any

import boto3

sqs = boto3.client("sqs")


def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer at once."""
    return {}
