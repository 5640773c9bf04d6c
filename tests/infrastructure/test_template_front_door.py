"""The REST API: what SDKs and browsers get from API Gateway itself."""

import json

import pytest

from switchyard.collect import answers
from switchyard.collect.routes import ROUTES, find_route

CORS = {
    "Access-Control-Allow-Origin": "'*'",
    "Access-Control-Allow-Headers": "'authorization,content-type,x-retry-count'",
    "Access-Control-Allow-Methods": "'GET,POST,OPTIONS'",
    "Access-Control-Expose-Headers": "'Retry-After'",
}
SOME_MESSAGE = json.dumps("Forbidden")


@pytest.fixture(scope="module")
def api(of_type):
    """The properties of the API."""
    (properties,) = of_type("Serverless::Api").values()
    return properties


@pytest.fixture(scope="module")
def responses(api):
    """The answers of API Gateway itself, by type."""
    return api["GatewayResponses"]


@pytest.fixture(scope="module")
def routes(functions):
    """(method, path) → function."""
    events = [(name, event) for name, each in functions.items() for event in each["Events"].values()]
    calls = [(name, event["Properties"]) for name, event in events if event["Type"] == "Api"]
    assert all(call["RestApiId"] == "!Ref Api" for _, call in calls)
    return {(call["Method"], call["Path"]): name for name, call in calls}


def body_of(response):
    """Return the JSON that API Gateway makes of the response's template."""
    text = response["ResponseTemplates"]["application/json"]
    return json.loads(text.replace("$context.error.messageString", SOME_MESSAGE))


def test_regional(api):
    """The API stays in the region of the stack: no edge location elsewhere sees an event first."""
    assert api["EndpointConfiguration"] == {"Type": "REGIONAL"}


def test_bodies_arrive_whole(api):
    """Bodies of every type count as binary, since gzip that is read as text is lost."""
    assert api["BinaryMediaTypes"] == ["*~1*"]


def test_throttled(api):
    """One limit, from the parameters, guards the whole stage."""
    (settings,) = api["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == "!Ref ThrottleRate"
    assert settings["ThrottlingBurstLimit"] == "!Ref ThrottleBurst"


def test_bodies_are_not_logged(api):
    """API Gateway writes no request into a log (promise 7)."""
    (settings,) = api["MethodSettings"]
    assert not settings.keys() & {"DataTraceEnabled", "LoggingLevel"}


def test_a_bare_host_is_enough(api):
    """SDKs that add /v1/batch to a bare host find it: on API Gateway's host the stage is the /v1."""
    assert api["StageName"] == "v1"
    assert find_route("/batch") == find_route("/v1/batch") is not None


def test_every_path_reaches_collect(routes):
    """Collect alone knows the calls: whether a path ends with a slash is nothing that API Gateway could decide."""
    methods = {route.method for route in ROUTES} | {"OPTIONS"}
    assert routes == {(method, "/{proxy+}"): "CollectFunction" for method in methods}


def test_a_custom_domain_has_no_prefix(of_type):
    """Under a name of one's own the path begins after the host, as it does at Segment."""
    (mapping,) = of_type("ApiGateway::BasePathMapping").values()
    assert "BasePath" not in mapping
    assert mapping["Stage"] == "!Ref Api.Stage"


def test_no_mock_answers_preflights(api):
    """Browsers' OPTIONS go to collect: the mock that SAM's Cors makes answers 500 with binary bodies."""
    assert "Cors" not in api


def test_every_answer_has_cors_headers(responses):
    """A browser reads the answer, instead of taking it for a lost connection and sending ten times."""
    for name, response in responses.items():
        headers = response["ResponseParameters"]["Headers"]
        assert {key: headers.get(key) for key in CORS} == CORS, name


def test_preflights_allow_the_same(responses):
    """Collect allows a browser, for the two hours that Chromium remembers, what API Gateway's own answers allow."""
    headers = answers.preflight()["headers"]
    own = responses["DEFAULT_4XX"]["ResponseParameters"]["Headers"]
    for name in ("Access-Control-Allow-Origin", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods"):
        assert own[name] == f"'{headers[name]}'", name
    assert headers["Access-Control-Max-Age"] == "7200"


def test_every_answer_is_json_that_sdks_read(responses):
    """Python's SDK reads code and message, Ruby's reads error; a body without them counts as a network error."""
    for name, response in responses.items():
        body = body_of(response)
        assert body.keys() == {"success", "code", "message", "error"}, name
        assert body["success"] is False
        assert body["message"] == body["error"] != ""


def test_no_answer_that_sdks_mishandle(responses):
    """Refusals are 400 (404 for a path), the rest is 429 or 503: never a status that SDKs drop or repeat for good."""
    assert {name: response["StatusCode"] for name, response in responses.items()} == {
        "DEFAULT_4XX": "400",
        "MISSING_AUTHENTICATION_TOKEN": "404",
        "THROTTLED": "429",
        "DEFAULT_5XX": "503",
    }


def test_who_shall_come_again_is_told_when(responses):
    """429 and 503 name the seconds to wait, as an integer, since that is all that Node and browsers read."""
    named = {
        response["StatusCode"]
        for response in responses.values()
        if response["ResponseParameters"]["Headers"].get("Retry-After", "").strip("'").isdecimal()
    }
    assert named == {"429", "503"}


def test_api_gateway_and_collect_say_the_same(responses):
    """An SDK cannot tell whether API Gateway or collect could not store its events."""
    answer = answers.unavailable()
    assert str(answer["statusCode"]) == responses["DEFAULT_5XX"]["StatusCode"]
    assert json.loads(answer["body"]) == body_of(responses["DEFAULT_5XX"])


def test_failures_raise_an_alarm(api, alarms):
    """The first 5xx raises an alarm: from then on events depend on their SDK's patience."""
    (alarm,) = [each for each in alarms.values() if each["Namespace"] == "AWS/ApiGateway"]
    assert (alarm["MetricName"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "5XXError",
        "GreaterThanThreshold",
        0,
    )
    assert alarm["Dimensions"] == [
        {"Name": "ApiName", "Value": api["Name"]},
        {"Name": "Stage", "Value": "!Ref Api.Stage"},
    ]
