"""The policies of a deployed stack's roles: what they allow, one by one, and how to take a part of it away."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from tests.deployment.cloud import ACCOUNT, Deployment


class Grant(NamedTuple):
    """One action on one resource: its logical id, or of names that only begin alike, their kind."""

    role: str
    action: str
    resource: str


class Permissions:
    """The roles of a stack, by logical id."""

    def __init__(self, deployment: Deployment) -> None:
        self._cloud = deployment.cloud
        self._iam = deployment.cloud.client("iam")
        self._ids = deployment.resources()
        self.roles = sorted(name for name in self._ids if name.endswith("Role"))

    def granted(self) -> set[Grant]:
        """Return everything that the roles allow."""
        return {grant for role in self.roles for policy in self._policies(role).values() for grant, _ in policy}

    @contextmanager
    def without(self, grant: Grant) -> Iterator[None]:
        """Take one action on one resource away from a role, and put it back in the end."""
        policies = self._policies(grant.role)
        self._write(grant.role, policies, lambda each: each != grant)
        try:
            yield
        finally:
            self._write(grant.role, policies, lambda _: True)

    def client(self, role: str, service: str) -> Any:
        """Return a client with the credentials of the role, which from now on trusts the account, too."""
        name = self._ids[role]
        found = self._iam.get_role(RoleName=name)["Role"]
        trust = found["AssumeRolePolicyDocument"]
        account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        self._iam.update_assume_role_policy(
            RoleName=name, PolicyDocument=json.dumps({**trust, "Statement": [*trust["Statement"], account]})
        )
        session = self._cloud.client("sts").assume_role(RoleArn=found["Arn"], RoleSessionName="lambda")["Credentials"]
        return self._cloud.client(
            service,
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )

    def _policies(self, role: str) -> dict[str, list[tuple[Grant, str]]]:
        """Return each inline policy by its name, as single grants, each with its resource's ARN."""
        names = self._iam.list_role_policies(RoleName=self._ids[role])["PolicyNames"]
        return {
            name: [
                (Grant(role, action, self._logical_id(arn)), arn)
                for statement in self._iam.get_role_policy(RoleName=self._ids[role], PolicyName=name)["PolicyDocument"][
                    "Statement"
                ]
                for action in _as_list(statement["Action"])
                for arn in _as_list(statement["Resource"])
            ]
            for name in names
        }

    def _write(self, role: str, policies: dict[str, list[tuple[Grant, str]]], keep: Callable[[Grant], bool]) -> None:
        for name, policy in policies.items():
            statements = [
                {"Effect": "Allow", "Action": grant.action, "Resource": arn} for grant, arn in policy if keep(grant)
            ]
            self._iam.put_role_policy(
                RoleName=self._ids[role],
                PolicyName=name,
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
            )

    def _logical_id(self, arn: str) -> str:
        service, resource = arn.split(":")[2], arn.split(":", 5)[5].removeprefix("log-group:")
        if service in ("secretsmanager", "ssm"):
            return resource.split(":")[0].split("/")[0]
        names = {logical: url_or_name.split(f"/{ACCOUNT}/")[-1] for logical, url_or_name in self._ids.items()}
        (found,) = (
            logical
            for logical, name in names.items()
            if resource == name or resource.startswith((f"{name}/", f"{name}:"))
        )
        return found


def is_denied(call: Callable[[], Any]) -> bool:
    """Whether IAM refuses a call; what else is wrong with it does not count."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
