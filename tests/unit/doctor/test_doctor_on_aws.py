"""What the doctor sees of a deployed stack: functions, their logs in CloudWatch, secrets, and where data rests."""

import gzip
import json
import time
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from switchyard.archive import partition_of
from switchyard.config import Config, DestinationConfig
from switchyard.envelope import Envelope
from switchyard_cli.deployment import Deployment
from switchyard_cli.doctor import checks
from switchyard_cli.doctor.archive_search import ArchiveSearch
from switchyard_cli.function_log import FunctionLog

NOW = datetime.now(UTC)
ROLE = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture(autouse=True)
def aws():
    """An account with nothing in it."""
    with mock_aws():
        yield


def deployment(region="eu-central-1", **parts):
    """Return a deployed stack with these parts."""
    empty = {"api_url": "", "bucket": "bucket", "queues": {}, "dead_letters": {}, "functions": {}}
    session = boto3.Session(region_name=region)
    return Deployment(name="the stack 'x'", is_local=False, session=session, **empty | parts)


def config(**settings):
    """Return a configuration with one destination."""
    return Config((), (DestinationConfig("mixpanel", "mixpanel", {"projectToken": "token"} | settings, ()),))


@pytest.fixture
def forward():
    """A function that logs to a group of its own."""
    role = boto3.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(ROLE))["Role"]["Arn"]
    boto3.client("lambda").create_function(
        FunctionName="forward-1",
        Runtime="python3.13",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": gzip.compress(b"")},
        LoggingConfig={"LogGroup": "forward-log"},
    )
    return "forward-1"


def test_a_function_that_runs(forward):
    """A function that is active is ok."""
    (*_, found) = checks.examine_parts(deployment(functions={"mixpanel": forward}))
    assert found == ("function mixpanel", "ok", forward, "")


def test_parts_that_are_gone():
    """A bucket, a queue or a function that is not there is a failure that says what to do, and no traceback."""
    parts = {"queues": {"mixpanel": "https://sqs.eu-central-1.amazonaws.com/123456789012/no"}}
    found = list(checks.examine_parts(deployment(functions={"mixpanel": "no"}, **parts)))
    assert [each.status for each in found] == ["failed"] * 3
    assert all("Deploy again" in each.remedy for each in found)


def test_lines_of_a_function_are_found_in_its_log_group(forward):
    """What a function logged of an event is read from the group that it logs to; other lines are passed over."""
    logs = boto3.client("logs")
    log = FunctionLog(deployment(functions={"mixpanel": forward}), "mixpanel", NOW)
    logs.create_log_group(logGroupName=log.place)
    logs.create_log_stream(logGroupName=log.place, logStreamName="s")
    lines = [
        "START",
        '{"message": "message forwarded", "SuccessfulDelivery": ["m-1"]}',
        '{"SuccessfulDelivery": ["m-2"]}',
    ]
    events = [{"timestamp": round(time.time() * 1000), "message": line} for line in lines]
    logs.put_log_events(logGroupName=log.place, logStreamName="s", logEvents=events)
    assert list(log.lines("m-1")) == [{"message": "message forwarded", "SuccessfulDelivery": ["m-1"]}]


@pytest.mark.parametrize(
    ("destination", "stack", "status"),
    [
        ("EU", "eu-west-1", "ok"),
        ("EU", "eu-west-2", "warning"),  # London
        ("EU", "eu-central-2", "warning"),  # Zurich
        ("EU", "us-east-1", "warning"),
        ("IN", "ap-south-1", "ok"),
        ("IN", "eu-central-1", "warning"),
        ("US", "us-east-1", "ok"),
        ("US", "eu-central-1", "ok"),
    ],
)
def test_data_of_the_eu_and_of_india_rests_there(destination, stack, status):
    """Promise 6, as far as it is the operator's: a stack elsewhere is a warning. The US asks for no place."""
    (found,) = checks.examine_regions(deployment(stack), config(apiRegion=destination))
    assert found.status == status
    assert ("make deploy ENV=prod-" in found.remedy) == (status == "warning")


def test_secrets_exist_or_are_named():
    """Each reference is looked up where it points to, below the stack's prefix; no value is read."""
    boto3.client("secretsmanager").create_secret(Name="prod/token", SecretString="hidden")
    boto3.client("ssm").put_parameter(Name="/prod/secret", Value="hidden", Type="SecureString")
    wanted = config(projectToken={"secret": "token"}, apiSecret={"ssm": "secret"})
    found = list(checks.examine_secrets(deployment(secrets_prefix="prod/"), wanted))
    assert {each.check: each.status for each in found} == {"secret token": "ok", "ssm secret": "ok"}
    assert "hidden" not in str(found)
    missing = list(checks.examine_secrets(deployment(secrets_prefix="dev/"), wanted))
    assert [each.status for each in missing] == ["failed", "failed"]
    assert "aws secretsmanager create-secret --name dev/token" in missing[0].remedy
    assert "aws ssm put-parameter --type SecureString --name /dev/secret" in missing[1].remedy


def test_a_secret_that_is_about_to_be_deleted():
    """A secret that is scheduled for deletion cannot be read: a failure, with the way back."""
    manager = boto3.client("secretsmanager")
    manager.create_secret(Name="switchyard/token", SecretString="hidden")
    manager.delete_secret(SecretId="switchyard/token")
    (found,) = checks.examine_secrets(deployment(), config(projectToken={"secret": "token"}))
    assert found.status == "failed"
    assert "restore-secret" in found.remedy


def test_an_event_is_found_in_the_archive():
    """It is looked for in the hours between, in objects that were written since, each read once."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    since = NOW - timedelta(hours=1)
    search = ArchiveSearch(deployment(), since)
    for number, moment in enumerate((since, NOW)):
        prefix = partition_of(Envelope("web", moment.isoformat(), "", ())).prefix
        s3.put_object(
            Bucket="bucket", Key=f"{prefix}{number}.ndjson.gz", Body=gzip.compress(b'{"messageId":"m-%d"}\n' % number)
        )
    assert search.has("web", "m-1")
    assert not search.has("web", "m-1")
    assert not search.has("app", "m-1")
    assert ArchiveSearch(deployment(), since).has("web", "m-0")
    assert not ArchiveSearch(deployment(), NOW + timedelta(hours=1)).has("web", "m-1"), "written before"
