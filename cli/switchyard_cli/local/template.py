"""CloudFormation's YAML → plain values: parameters, references and conditions resolved.

Only what the stack's own template uses is understood; anything else is an error, not a guess.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from switchyard.errors import ConfigError
from switchyard.events import Json

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z0-9:]+)(?:\.([A-Za-z]+))?\}")
_NO_VALUE: Final = object()


class _Loader(yaml.SafeLoader):
    """Reads ``!Ref x`` as ``{"Ref": x}`` and ``!Sub x`` as ``{"Fn::Sub": x}``, as CloudFormation does."""


def _construct_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Json]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    raise ConfigError(f"!{suffix} takes a value or a list")


_Loader.add_multi_constructor("!", _construct_tag)


@dataclass(frozen=True, slots=True)
class Physical:
    """What a resource is called once it exists: the value of ``!Ref``, and of ``!GetAtt …Arn`` and the like."""

    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


class Template:
    """A template, its parameters at their defaults unless given, and the names of what has been created so far."""

    def __init__(self, file: Path, parameters: Mapping[str, str], region: str, account: str) -> None:
        try:
            self._document = yaml.load(file.read_text(), _Loader)  # noqa: S506 - a SafeLoader with CloudFormation's tags
        except OSError as error:
            raise ConfigError(f"{file}: {error.strerror}; run this in the folder of template.yaml") from None
        defaults = {name: each.get("Default", "") for name, each in self._document["Parameters"].items()}
        pseudo = {
            "AWS::Region": region,
            "AWS::AccountId": account,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
        }
        self.folder = file.parent
        self.physical: dict[str, Physical] = {}
        self._values: dict[str, Json] = {**defaults, **parameters, **pseudo, "AWS::NoValue": _NO_VALUE}

    def resources(self, kind: str) -> dict[str, Json]:
        """Return the properties of every resource of a type, unresolved, by logical id; conditions are heeded."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self._document["Resources"].items()
            if resource["Type"] == kind and self._condition(resource.get("Condition"))
        }

    def environment(self, function: dict[str, Json], given: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
        """Return a function's environment variables, by its properties: those that all share, and its own.

        What is ``given`` goes over the value of a variable that the template names, and is left out otherwise.
        """
        shared = self._document["Globals"]["Function"]["Environment"]["Variables"]
        variables = shared | function["Environment"]["Variables"]
        variables |= {name: value for name, value in given.items() if name in variables}
        return {name: str(value) for name, value in self.resolve(variables).items()}

    def outputs(self) -> dict[str, str]:
        """Return the outputs, but for those of resources that do not exist here."""
        found = {}
        for name, output in self._document["Outputs"].items():
            with suppress(ConfigError):
                if self._condition(output.get("Condition")):
                    found[name] = str(self.resolve(output["Value"]))
        return found

    def resolve(self, value: Json) -> Json:
        """Return the value with every function in it replaced by its result."""
        if isinstance(value, list):
            return [resolved for each in value if (resolved := self.resolve(each)) is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in self._FUNCTIONS:
                return self._FUNCTIONS[name](self, argument)
        return {key: resolved for key, each in value.items() if (resolved := self.resolve(each)) is not _NO_VALUE}

    def _ref(self, name: str) -> Json:
        if name in self._values:
            return self._values[name]
        return self._physical(name).ref

    def _get_att(self, argument: str | list[str]) -> str:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        try:
            return self._physical(name).attributes[attribute]
        except KeyError:
            raise ConfigError(f"the local stack has no {name}.{attribute}") from None

    def _physical(self, name: str) -> Physical:
        try:
            return self.physical[name]
        except KeyError:
            raise ConfigError(f"the local stack has no {name}") from None

    def _sub(self, text: str) -> str:
        def value(variable: re.Match[str]) -> str:
            name, attribute = variable.groups()
            return self._get_att([name, attribute]) if attribute else str(self._ref(name))

        return _VARIABLE.sub(value, text)

    def _if(self, argument: list[Json]) -> Json:
        name, then, otherwise = argument
        return self.resolve(then if self._condition(name) else otherwise)

    def _condition(self, name: str | None) -> bool:
        return name is None or bool(self.resolve(self._document["Conditions"][name]))

    def _equals(self, argument: list[Json]) -> bool:
        left, right = (str(self.resolve(each)) for each in argument)
        return left == right

    def _not(self, argument: list[Json]) -> bool:
        return not self.resolve(argument[0])

    def _and(self, argument: list[Json]) -> bool:
        return all(self.resolve(each) for each in argument)

    _FUNCTIONS: Final[Mapping[str, Callable[["Template", Any], Json]]] = {
        "Ref": _ref,
        "Fn::GetAtt": _get_att,
        "Fn::Sub": _sub,
        "Fn::If": _if,
        "Condition": _condition,
        "Fn::Equals": _equals,
        "Fn::Not": _not,
        "Fn::And": _and,
    }
