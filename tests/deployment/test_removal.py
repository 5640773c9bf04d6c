"""What is refused over plain HTTP, and what ``sam delete`` leaves behind."""

from functools import partial

import pytest
from botocore.exceptions import ClientError
from tests.deployment.cloud import eventually
from tests.deployment.permissions import Permissions, is_denied

KEPT = {"ArchiveQueue", "MixpanelQueue", "ArchiveDeadLetterQueue", "CollectDeadLetterQueue", "MixpanelDeadLetterQueue"}
"""Every queue; the bucket besides."""


def test_nothing_is_taken_over_plain_http(project, updated, parameters):
    """With RequireTls as it is by default, bucket and queues refuse whoever comes without TLS, as the emulator does."""
    deployment = project.deploy("switchyard-plain", Stage="plain", **parameters | {"RequireTls": "true"})
    assert deployment.post("/v1/track", {"userId": "u-1", "event": "Plain"}).status_code == 503
    sqs = deployment.cloud.client("sqs")
    queues = [url for name, url in deployment.outputs.items() if name.endswith("QueueUrl")]
    assert len(queues) == 5
    assert all(is_denied(partial(sqs.get_queue_attributes, QueueUrl=url)) for url in queues)
    s3 = Permissions(deployment).client("ArchiveRole", "s3")
    assert is_denied(lambda: s3.put_object(Bucket=deployment.outputs["ArchiveBucketName"], Key="archive/x", Body=b""))
    project.delete("switchyard-plain")


def test_removal_keeps_what_was_archived_and_what_failed(cloud, project, deployment, updated):
    """``sam delete`` takes all away but the archive and the queues, which keep what they hold."""
    good = {"type": "track", "userId": "u-1", "event": "Kept", "messageId": "kept"}
    bad = {"type": "track", "userId": "u-1", "messageId": "kept-bad"}
    refused = {"type": "track", "userId": "undefined", "event": "Kept", "messageId": "kept-refused"}
    assert deployment.post("/v1/batch", {"batch": [good, bad, refused]}).status_code == 200
    eventually(lambda: {"kept", "kept-refused"} <= deployment.archived().keys())
    for queue in ("CollectDeadLetterQueueUrl", "MixpanelDeadLetterQueueUrl"):
        eventually(partial(deployment.dead_letters, queue))
    before = deployment.resources()

    project.delete(deployment.stack)

    with pytest.raises(ClientError, match="does not exist"):
        cloud.client("cloudformation").describe_stacks(StackName=deployment.stack)
    assert {"kept", "kept-refused"} <= deployment.archived().keys()
    queues = {url.rsplit("/", 1)[-1] for url in cloud.client("sqs").list_queues()["QueueUrls"]}
    kept = {name for name, physical in before.items() if physical.rsplit("/", 1)[-1] in queues}
    assert kept == KEPT
    assert deployment.dead_letters("CollectDeadLetterQueueUrl")
    assert deployment.dead_letters("MixpanelDeadLetterQueueUrl")
    functions = {each["FunctionName"] for each in cloud.client("lambda").list_functions()["Functions"]}
    roles = {each["RoleName"] for each in cloud.client("iam").list_roles()["Roles"]}
    assert not (functions | roles) & set(before.values())
