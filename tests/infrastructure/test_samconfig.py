"""The environments."""

import re
import tomllib

import pytest

REGIONS = {"dev": "eu-central-1", "prod-us": "us-east-1", "prod-eu": "eu-central-1", "prod-in": "ap-south-1"}


@pytest.fixture(scope="module")
def environments(root):
    """Environment → the parameters of its `sam deploy`."""
    content = tomllib.loads((root / "samconfig.toml").read_text())
    assert content.pop("version") == 0.1
    content.pop("default")
    return {name: each["deploy"]["parameters"] for name, each in content.items()}


def overrides(environment):
    """Return the template's parameters that the environment sets."""
    return dict(each.split("=", 1) for each in environment["parameter_overrides"])


def test_environments(environments):
    """There is one environment for development and one for production in each of Mixpanel's regions (promise 6)."""
    assert {name: each["region"] for name, each in environments.items()} == REGIONS


def test_parameters_exist(environments, template):
    """Every environment sets only parameters that the template has, to values that it takes."""
    for name, environment in environments.items():
        for key, value in overrides(environment).items():
            parameter = template["Parameters"][key]
            assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value), (name, key)
            assert str(value) in map(str, parameter.get("AllowedValues", [value])), (name, key)
            assert parameter["Type"] != "Number" or int(value) >= parameter.get("MinValue", 0), (name, key)


def test_environments_share_nothing(environments):
    """No two environments share a stack, and development cannot read the secrets of production."""
    stacks = {(each["region"], each["stack_name"]) for each in environments.values()}
    assert len(stacks) == len(environments)
    for environment in environments.values():
        told = overrides(environment)
        assert environment["stack_name"] == f"switchyard-{told['Stage']}"
        assert told["SecretsPrefix"] == f"switchyard/{told['Stage']}/"


def test_no_shortcuts_of_tests(environments):
    """No environment sends to a stand-in for Mixpanel or goes without TLS (promise 6)."""
    for environment in environments.values():
        assert not overrides(environment).keys() & {"MixpanelUrl", "RequireTls"}


def test_production_asks_first(environments):
    """A change of production shows what it will do and waits for a yes."""
    for name, environment in environments.items():
        assert environment.get("confirm_changeset", False) == name.startswith("prod-")


def test_no_more_rights_than_needed(environments):
    """Deploying makes roles, but none with a name of its own."""
    assert {each["capabilities"] for each in environments.values()} == {"CAPABILITY_IAM"}


def test_everything_is_tagged(environments):
    """What a deployment costs can be told by its tags, which CloudFormation puts on all that it makes."""
    for environment in environments.values():
        stage = overrides(environment)["Stage"]
        assert environment["tags"] == f"project=switchyard stage={stage}"
