"""The dashboard: the way of the events, in their order."""

import json
import re

import pytest

from switchyard import observability

OURS = {value for name, value in vars(observability).items() if name.isupper() and isinstance(value, str)}


@pytest.fixture(scope="module")
def widgets(of_type):
    """The widgets, as CloudWatch would read them; names of resources stay, as ``${ArchiveQueue.QueueName}``."""
    (dashboard,) = of_type("CloudWatch::Dashboard").values()
    return json.loads(dashboard["DashboardBody"].removeprefix("!Sub "))["widgets"]


@pytest.fixture(scope="module")
def metrics(widgets):
    """Every metric of AWS's own that is shown: namespace, name, and dimensions."""
    shown = [metric for widget in widgets for metric in widget["properties"]["metrics"]]
    named = [metric for metric in shown if isinstance(metric[0], str)]
    return [(space, name, dict(zip(rest[::2], rest[1::2], strict=True))) for space, name, *rest in named]


def test_the_order_of_the_way(widgets):
    """Read like a page, the widgets follow an event: API, archive, Mixpanel, dead letters; then the functions."""
    places = [(widget["y"], widget["x"]) for widget in widgets]
    assert places == sorted(places)
    assert [int(widget["properties"]["title"].split()[0]) for widget in widgets] == list(range(1, len(widgets) + 1))
    text = json.dumps(widgets)
    order = ["AWS/ApiGateway", "${ArchiveQueue.", "${MixpanelQueue.", "service,source,destination", "DeadLetterQueue."]
    assert sorted(order, key=text.index) == order


def test_every_queue_and_function_is_shown(metrics, queues, functions):
    """No queue and no function is forgotten, and none is shown that is not there."""
    values = {value for _, _, dimensions in metrics for value in dimensions.values()}
    assert {f"${{{name}.QueueName}}" for name in queues} == {each for each in values if each.endswith(".QueueName}")}
    assert {f"${{{name}}}" for name in functions} == {each for each in values if each.endswith("Function}")}


def test_alarms_watch_what_is_shown(metrics, alarms):
    """Whoever is woken by an alarm of AWS's metrics sees the metric on the dashboard."""
    shown = {name for _, name, _ in metrics}
    assert {each["MetricName"] for each in alarms.values()} <= shown | OURS


def test_our_own_metrics_are_searched_by_the_dimensions_they_have(widgets, template, monkeypatch, capsys):
    """A search finds what `observability` emits: the dimensions are those, and the service is this environment's."""
    for name, value in template["Globals"]["Function"]["Environment"]["Variables"].items():
        monkeypatch.setenv(name, value.removeprefix("!Sub "))
    emitted = set()
    for others in ({}, {"destination": "mixpanel-eu"}, {"reason": "unknown_key"}):
        observability.count({observability.DELIVERED: 1}, source="web", **others)
        document = json.loads(capsys.readouterr().out)
        emitted.add(frozenset(document["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]))
        assert document["service"] == "switchyard-${Stage}"
    shown = [metric for widget in widgets for metric in widget["properties"]["metrics"]]
    searches = [metric[0]["expression"] for metric in shown if isinstance(metric[0], dict)]
    searched = [
        re.match(r"SEARCH\('{Switchyard,([\w,]+)} service=\"switchyard-\${Stage}\"'", each) for each in searches
    ]
    assert {frozenset(each[1].split(",")) for each in searched if each} == emitted
    assert all(searched)
