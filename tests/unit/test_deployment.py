"""Finding a deployment: the local stack that runs here, or a stack of CloudFormation's by its name."""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest

from switchyard_cli.deployment import LOCAL_FILE, Deployment, NoDeployment, find_deployment
from switchyard_cli.local.running_stack import announced

OUTPUTS = {
    "ApiUrl": "https://api.example.com",
    "ArchiveBucketName": "bucket",
    "ArchiveQueueUrl": "https://sqs/archive",
    "MixpanelQueueUrl": "https://sqs/mixpanel",
    "CollectDeadLetterQueueUrl": "https://sqs/collect-dead",
    "ArchiveDeadLetterQueueUrl": "https://sqs/archive-dead",
    "MixpanelDeadLetterQueueUrl": "https://sqs/mixpanel-dead",
    "CollectFunctionName": "collect-1",
    "ArchiveFunctionName": "archive-1",
    "ForwardMixpanelFunctionName": "forward-1",
}


LOG = Path("local.log")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder in which no local stack runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def api(folder):
    """The address of something that answers ``/health`` as the local stack does."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def deploy(name, outputs):
    """Create a stack with these outputs."""
    parts = {key: {"Value": value} for key, value in outputs.items()}
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": parts}
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


def test_outputs_become_urls_by_who_reads_the_queue():
    """Queues, dead-letter queues and functions are known by the function's part of their names."""
    found = Deployment.of(OUTPUTS, "it", boto3.Session())
    assert found.queues == {"archive": "https://sqs/archive", "mixpanel": "https://sqs/mixpanel"}
    assert list(found.dead_letters) == ["collect", "archive", "mixpanel"]
    assert found.functions == {"collect": "collect-1", "archive": "archive-1", "mixpanel": "forward-1"}
    assert found.destination_types == ["mixpanel"]


def test_a_deployed_stack_is_found_by_its_name(aws):
    """The outputs of the CloudFormation stack say everything; clients speak to AWS in its region."""
    deploy("switchyard-prod", OUTPUTS)
    found = find_deployment("switchyard-prod")
    assert (found.api_url, found.bucket, found.is_local) == ("https://api.example.com", "bucket", False)
    assert found.client("sqs").meta.region_name == "eu-central-1"


def test_a_stack_that_is_not_there_is_named_with_a_remedy(aws):
    """An unknown name, or the wrong region, is told in a line that says where to look."""
    deploy("switchyard-prod", OUTPUTS)
    for name, region in (("switchyard-dev", None), ("switchyard-prod", "us-east-1")):
        with pytest.raises(NoDeployment, match=rf"'{name}' cannot be read: .* another region \(--region\)"):
            find_deployment(name, region)


def test_a_stack_of_something_else_is_refused(aws):
    """Another stack of the account is not taken for a deployment."""
    deploy("shop", {"ApiUrl": "https://shop"})
    with pytest.raises(NoDeployment, match="'shop' has no output 'ArchiveBucketName'"):
        find_deployment("shop")


def test_a_missing_region_is_told(monkeypatch, folder):
    """Without any region there is a hint, not a traceback."""
    for variable in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "none"))
    with pytest.raises(NoDeployment, match="give its region with --region"):
        find_deployment("switchyard-prod")


def test_the_local_stack_is_found_while_it_runs(api, monkeypatch):
    """Clients of the local stack go to its own endpoint, whatever credentials the shell has."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://elsewhere.example.com")
    with announced("eu-central-1", "http://127.0.0.1:9", OUTPUTS | {"ApiUrl": api}, LOG):
        found = find_deployment()
        assert (found.name, found.is_local, found.api_url) == ("the local stack", True, api)
        assert found.client("sqs").meta.endpoint_url == "http://127.0.0.1:9"
        assert found.log == LOG.absolute()
    assert not LOCAL_FILE.exists()


@pytest.mark.parametrize("left", [None, "", "[]", "{}"])
def test_without_a_local_stack_the_way_out_is_told(folder, left):
    """Where none runs, or the file is none of ours, the user is told how to start one or to name a deployed one."""
    if left is not None:
        LOCAL_FILE.parent.mkdir()
        LOCAL_FILE.write_text(left)
    with pytest.raises(NoDeployment, match="start one with `make run` in Switchyard's folder"):
        find_deployment()


def test_a_stack_that_was_killed_is_not_found(folder):
    """A file that outlived its stack is recognised, since nothing answers there."""
    gone = "http://127.0.0.1:9"
    with (
        announced("eu-central-1", gone, OUTPUTS | {"ApiUrl": gone}, LOG),
        pytest.raises(NoDeployment, match="not answer"),
    ):
        find_deployment()


def test_a_later_stack_keeps_its_file(api):
    """The last stack that started in a folder is the one that is found, also after an earlier one has ended."""
    with announced("eu-central-1", "http://127.0.0.1:1", OUTPUTS | {"ApiUrl": api}, LOG):
        first = announced("eu-central-1", "http://127.0.0.1:2", OUTPUTS | {"ApiUrl": api}, LOG)
        first.__enter__()
        with announced("eu-central-1", "http://127.0.0.1:3", OUTPUTS | {"ApiUrl": api}, LOG):
            first.__exit__(None, None, None)
            assert find_deployment().endpoint == "http://127.0.0.1:3"


def test_an_earlier_stack_is_found_again(api):
    """A stack that ends gives the file back to the last one before it that still answers; one was killed here."""
    outputs, killed = OUTPUTS | {"ApiUrl": api}, OUTPUTS | {"ApiUrl": "http://127.0.0.1:9"}
    with announced("eu-central-1", "http://127.0.0.1:1", outputs, LOG):
        with announced("eu-central-1", "http://127.0.0.1:2", outputs, LOG):
            announced("eu-central-1", "http://127.0.0.1:3", killed, LOG).__enter__()
            with announced("eu-central-1", "http://127.0.0.1:4", outputs, LOG):
                assert find_deployment().endpoint == "http://127.0.0.1:4"
            assert find_deployment().endpoint == "http://127.0.0.1:2"
        assert find_deployment().endpoint == "http://127.0.0.1:1"
    assert not LOCAL_FILE.exists()


def test_the_file_says_who_wrote_it(api):
    """The process that runs the stack is named, so that a person can end it."""
    with announced("eu-central-1", "http://127.0.0.1:9", OUTPUTS, LOG):
        assert json.loads(LOCAL_FILE.read_text())["pid"] == os.getpid()
