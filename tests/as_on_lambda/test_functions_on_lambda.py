"""Each function under AWS's own runtime client, with only what `make build` made on its path.

A dependency that somebody forgot fails here, as it would in Lambda; the queues, the bucket and the secrets are moto's.
"""

import base64
import gzip
import re
import shutil
from pathlib import Path

import boto3
import orjson
import pytest
from benchmarks.built import built_template, mount_layers, run_function
from benchmarks.runtime_api import FunctionFailed, Runtime
from moto import mock_aws

from switchyard_cli.config.compiler import compile_config, to_json
from switchyard_cli.local import cloud
from switchyard_cli.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PAYLOAD = orjson.loads((ROOT / "events" / "track.json").read_bytes())
SECRET = "switchyard/mixpanel-eu/project-token"


@pytest.fixture(scope="module")
def template(build):
    """The built template, its queues and its bucket in moto."""
    with mock_aws():
        template = built_template({"Stage": "test"})
        cloud.create_queues(template)
        cloud.create_buckets(template)
        boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString="a-token")
        yield template


@pytest.fixture(scope="module")
def endpoint(template):
    """The address of moto, for functions in processes of their own."""
    with cloud.serve_endpoint() as url:
        yield url


@pytest.fixture(scope="module")
def opt(template, tmp_path_factory):
    """The layers, as Lambda lays them into /opt."""
    folder = tmp_path_factory.mktemp("lambda") / "opt"
    mount_layers(template, folder)
    return folder


@pytest.fixture
def start(template, endpoint, opt):
    """A function: name of a function of the template → its runtime."""
    return lambda name, **variables: run_function(template, name, opt, {"AWS_ENDPOINT_URL": endpoint, **variables})


def call(payload):
    """Return the event that a REST API makes of an SDK's call."""
    return {
        "resource": "/v1/{call}",
        "path": "/v1/track",
        "httpMethod": "POST",
        "headers": {"Authorization": f"Basic {base64.b64encode(b'demo-write-key:').decode()}"},
        "queryStringParameters": None,
        "pathParameters": {"call": "track"},
        "requestContext": {"requestId": "request-1", "identity": {"sourceIp": "203.0.113.1"}},
        "body": base64.b64encode(gzip.compress(orjson.dumps(payload))).decode(),
        "isBase64Encoded": True,
    }


def take(template, queue):
    """Return what waits in the queue, as an event for the function that reads it."""
    reply = boto3.client("sqs").receive_message(
        QueueUrl=template.physical[queue].ref, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    return {
        "Records": [
            {"messageId": each["MessageId"], "body": each["Body"], "attributes": each["Attributes"]}
            for each in reply["Messages"]
        ]
    }


def test_an_event_goes_its_way(template, start):
    """Collect answers 200 and queues the event, archive writes it to S3, forward delivers it to Mixpanel."""
    with start("CollectFunction") as collect:
        answer = collect.invoke(call(PAYLOAD))
        assert (answer["statusCode"], answer["body"]) == (200, '{"success":true}')

    with start("ArchiveFunction") as archive:
        assert archive.invoke(take(template, "ArchiveQueue")) == {"batchItemFailures": []}
    s3, bucket = boto3.client("s3"), template.physical["ArchiveBucket"].ref
    (key,) = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    line = gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert orjson.loads(line)["messageId"] == PAYLOAD["messageId"]

    mixpanel = Sandbox()
    with mixpanel.serve() as server, start("ForwardMixpanelFunction", MIXPANEL_URL=server.url) as forward:
        assert forward.invoke(take(template, "MixpanelQueue")) == {"batchItemFailures": []}
        assert forward.invoke({"Records": []}) == {"batchItemFailures": []}, "it is warm now"
    assert [each["event"] for each in mixpanel.events()] == [PAYLOAD["event"]]


def test_liquid_runs_with_what_is_left_of_its_libraries(template, start, opt, tmp_path):
    """A mapping in Liquid works under Lambda: nothing that it needs was trimmed."""
    written = (ROOT / "layers/config/switchyard.yaml").read_text()
    subscription = """subscriptions:
      - name: Liquid
        partnerAction: trackEvent
        subscribe: type = "track"
        mapping: {event: {"@liquid": "{{ event | upcase | append: '!' }}"}}
"""
    (tmp_path / "switchyard.yaml").write_text(re.sub(r"subscriptions: presets.*\n", subscription, written))
    (tmp_path / "config.json").write_bytes(to_json(compile_config(tmp_path)))
    with start("CollectFunction") as collect:
        collect.invoke(call(PAYLOAD | {"messageId": "liquid-1"}))
    mixpanel = Sandbox()
    variables = {"SWITCHYARD_CONFIG": str(tmp_path / "config.json")}
    with mixpanel.serve() as server, start("ForwardMixpanelFunction", MIXPANEL_URL=server.url, **variables) as forward:
        assert forward.invoke(take(template, "MixpanelQueue")) == {"batchItemFailures": []}
    assert [each["event"] for each in mixpanel.events()] == [f"{PAYLOAD['event'].upper()}!"]


def test_a_forgotten_dependency_fails(template, start, opt, tmp_path):
    """With a package missing from the layer a function does not start, and says which it is."""
    thin = tmp_path / "opt"
    shutil.copytree(opt, thin, ignore=shutil.ignore_patterns("orjson*"))
    with run_function(template, "ArchiveFunction", thin, {}) as archive, pytest.raises(FunctionFailed) as failure:
        archive.invoke({"Records": []})
    assert "No module named 'orjson'" in str(failure.value)


def test_an_end_of_the_process_is_an_outcome(tmp_path):
    """A process that ends before it asks for an event is told at once, with what it printed."""
    program = ["sh", "-c", "echo out of memory; exit 3"]
    with Runtime(program, tmp_path, {}, tmp_path / "log") as ended, pytest.raises(FunctionFailed) as failure:
        ended.invoke({})
    assert str(failure.value) == "the process ended with exit code 3\nout of memory\n"
