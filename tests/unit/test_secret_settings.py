"""References to secrets: replaced by their values, re-read now and then, and never quoted."""

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from switchyard import secret_settings
from switchyard.errors import MissingSecret
from switchyard.secret_settings import Secrets, reference


@pytest.fixture
def manager(aws):
    """Secrets Manager with one secret."""
    client = boto3.client("secretsmanager")
    client.create_secret(Name="switchyard/eu/token", SecretString="first")
    return client


@pytest.fixture
def store(aws):
    """Parameter Store with one parameter."""
    client = boto3.client("ssm")
    client.put_parameter(Name="/switchyard/eu/secret", Value="from ssm", Type="SecureString")
    return client


@pytest.fixture
def secrets():
    """Secrets of a deployment whose prefix is ``switchyard/``."""
    return Secrets("switchyard/")


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test adds seconds to it."""
    seconds = [1000.0]
    monkeypatch.setattr("switchyard.secret_settings.time.monotonic", lambda: seconds[0])
    return seconds


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"secret": "a/b"}, ("secret", "a/b")), ({"ssm": "a"}, ("ssm", "a"))]
    + [
        (value, None)
        for value in (None, "secret", ["secret"], {}, {"secret": 5}, {"other": "a"}, {"secret": "a", "ssm": "b"})
    ],
)
def test_a_reference_is_an_object_with_one_key(value, expected):
    """``{secret: name}`` or ``{ssm: name}``; anything else is an ordinary setting."""
    assert reference(value) == expected


def test_references_are_replaced_and_the_rest_stays(secrets, manager, store):
    """By name from Secrets Manager or SSM, the deployment's prefix before the name."""
    settings = {
        "projectToken": {"secret": "eu/token"},
        "apiSecret": {"ssm": "eu/secret"},
        "apiRegion": "EU",
        "other": {},
    }
    assert secrets.resolve(settings) == {
        "projectToken": "first",
        "apiSecret": "from ssm",
        "apiRegion": "EU",
        "other": {},
    }
    assert settings["projectToken"] == {"secret": "eu/token"}


def test_a_secret_is_read_again_after_five_minutes(secrets, manager, clock):
    """A rotated secret is in use without a deployment, and not every run asks for it."""
    wanted = {"token": {"secret": "eu/token"}}
    assert secrets.resolve(wanted) == {"token": "first"}
    manager.put_secret_value(SecretId="switchyard/eu/token", SecretString="second")
    clock[0] += 300
    assert secrets.resolve(wanted) == {"token": "first"}
    clock[0] += 1
    assert secrets.resolve(wanted) == {"token": "second"}


def test_the_same_name_in_both_places_is_two_secrets(secrets, manager, store):
    """What was read from one is not taken for the other's."""
    store.put_parameter(Name="/switchyard/eu/token", Value="from ssm", Type="SecureString")
    assert secrets.resolve({"a": {"secret": "eu/token"}, "b": {"ssm": "eu/token"}}) == {"a": "first", "b": "from ssm"}


@pytest.mark.parametrize("kind", ["secret", "ssm"])
def test_a_secret_that_does_not_exist_is_missing(secrets, manager, store, kind):
    """The error says which one to create, by its full name."""
    with pytest.raises(MissingSecret, match=f"the {kind} 'switchyard/eu/none' cannot be read .*NotFound"):
        secrets.resolve({"token": {kind: "eu/none"}})


def test_a_binary_secret_is_missing(secrets, manager):
    """It has no text that could be a setting."""
    manager.create_secret(Name="switchyard/eu/binary", SecretBinary=b"\x00\xff")
    with pytest.raises(MissingSecret):
        secrets.resolve({"token": {"secret": "eu/binary"}})


def test_a_service_that_does_not_answer_is_a_missing_secret(secrets, clock, monkeypatch):
    """The forwarder keeps the events then; asked again, it tries again."""
    answers: list[Exception | str] = [EndpointConnectionError(endpoint_url="https://secret"), "value"]

    def read(name: str) -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(secret_settings, "READERS", {"secret": read})
    with pytest.raises(MissingSecret, match="EndpointConnectionError"):
        secrets.resolve({"token": {"secret": "eu/token"}})
    assert secrets.resolve({"token": {"secret": "eu/token"}}) == {"token": "value"}


def test_a_known_secret_outlives_its_store(secrets, manager, clock):
    """What was good five minutes ago is better than nothing, while the store fails or the secret is gone."""
    wanted = {"token": {"secret": "eu/token"}}
    secrets.resolve(wanted)
    manager.delete_secret(SecretId="switchyard/eu/token", ForceDeleteWithoutRecovery=True)
    clock[0] += 301
    assert secrets.resolve(wanted) == {"token": "first"}


def test_blanks_around_a_secret_are_not_part_of_it(secrets, manager):
    """A secret that was made from a file ends with a line break; one of nothing else is no secret."""
    manager.create_secret(Name="switchyard/eu/file", SecretString=" value\n")
    assert secrets.resolve({"token": {"secret": "eu/file"}}) == {"token": "value"}
    manager.create_secret(Name="switchyard/eu/blank", SecretString=" \n")
    with pytest.raises(MissingSecret, match="is empty"):
        secrets.resolve({"token": {"secret": "eu/blank"}})


def test_nothing_shows_a_value(secrets, manager):
    """Neither the object nor an error has a secret in it (promise 7)."""
    secrets.resolve({"token": {"secret": "eu/token"}})
    assert "first" not in repr(secrets)
