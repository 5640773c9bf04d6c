"""The template as these tests see it: YAML in which a short form stays what it is, e.g. "!Ref MixpanelQueue"."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

Resources: TypeAlias = dict[str, dict[str, Any]]

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """A SafeLoader with CloudFormation's short forms."""


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return f"!{tag} {node.value}"
    content = loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else node
    return {f"!{tag}": content}


_Loader.add_multi_constructor("!", _short_form)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def template_text() -> str:
    """The template as it is written."""
    return (ROOT / "template.yaml").read_text()


@pytest.fixture(scope="session")
def template(template_text: str) -> dict[str, Any]:
    """The template as data."""
    content: dict[str, Any] = yaml.load(template_text, _Loader)
    return content


@pytest.fixture(scope="session")
def of_type(template: dict[str, Any]) -> Callable[[str], Resources]:
    """A function: type of resource, without "AWS::" → the properties of those resources, by logical id."""

    def properties(kind: str) -> Resources:
        resources = template["Resources"].items()
        return {name: resource["Properties"] for name, resource in resources if resource["Type"] == f"AWS::{kind}"}

    return properties


@pytest.fixture(scope="session")
def functions(of_type: Callable[[str], Resources]) -> Resources:
    """The properties of every function, by logical id."""
    return of_type("Serverless::Function")


@pytest.fixture(scope="session")
def queues(of_type: Callable[[str], Resources]) -> Resources:
    """The properties of every queue, by logical id."""
    return of_type("SQS::Queue")


@pytest.fixture(scope="session")
def alarms(of_type: Callable[[str], Resources]) -> Resources:
    """The properties of every alarm, by logical id."""
    return of_type("CloudWatch::Alarm")


@pytest.fixture(scope="session")
def pollers(functions: Resources) -> list[tuple[str, str, dict[str, Any]]]:
    """Every event source mapping: function, queue, and the mapping's properties."""
    events = [(name, event) for name, each in functions.items() for event in each["Events"].values()]
    sources = [(name, event["Properties"]) for name, event in events if event["Type"] == "SQS"]
    return [(name, source["Queue"].removeprefix("!GetAtt ").removesuffix(".Arn"), source) for name, source in sources]


@pytest.fixture(scope="session")
def dead_letter_queues(queues: Resources, functions: Resources) -> set[str]:
    """The queues that SQS or a function puts dead letters into."""
    by_sqs = {
        each["RedrivePolicy"]["deadLetterTargetArn"].removeprefix("!GetAtt ").removesuffix(".Arn")
        for each in queues.values()
        if "RedrivePolicy" in each
    }
    environments = [each["Environment"]["Variables"] for each in functions.values()]
    by_functions = {each.get("DEAD_LETTER_QUEUE_URL", "").removeprefix("!Ref ") for each in environments}
    return by_sqs | by_functions - {""}
