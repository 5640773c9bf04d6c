"""Starts the emulator of AWS. Run by ``.venv-emulator``'s Python, which is Lambda's, since it also runs the functions.

ministack falls short of AWS in ways that keep events from arriving, so they are mended here:

* A layer is unpacked into a folder of its own and put on Python's path, but nothing of it appears below ``/opt``, where
  the compiled configuration is read from.
* Of the API's definition it reads the routes, but neither the binary media types nor the gateway responses.
* A number that comes from a template's parameter stays text, and its SQS poller compares MaximumConcurrency as one.
* It asks for a permission "sqs:SendMessageBatch". To AWS a batch of messages is the action of each: "sqs:SendMessage".
* It asks for permission to write a log stream on the stream's group. To AWS a stream is a resource below the group.
"""

from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.core import iam_actions, lambda_runtime
from ministack.services import apigateway_v1, lambda_svc

if TYPE_CHECKING:
    from collections.abc import Callable

AFTER = "    os.environ.update(env)\n"

OPT = """
    for _name, _value in env.items():
        for _layer in os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep):
            if _value.startswith("/opt/") and os.path.exists(_layer + _value.removeprefix("/opt")):
                os.environ[_name] = _layer + _value.removeprefix("/opt")
"""


def show_layers_below_opt() -> None:
    """Let a variable with a path below ``/opt`` lead to the layer that has the file."""
    worker = lambda_runtime._PYTHON_WORKER_SCRIPT
    assert worker.count(AFTER) == 1, "this is not the ministack that the shim was written for"
    lambda_runtime._PYTHON_WORKER_SCRIPT = worker.replace(AFTER, AFTER + OPT)


def read_the_whole_definition_of_an_api() -> None:
    """Let a definition's extensions count, too, as API Gateway does."""
    import_api = apigateway_v1._import_rest_api

    def whole(definition: dict[str, Any], properties: dict[str, Any]) -> str:
        types = definition.get("x-amazon-apigateway-binary-media-types", [])
        api: str = import_api(definition, properties | {"binaryMediaTypes": types})
        for kind, response in definition.get("x-amazon-apigateway-gateway-responses", {}).items():
            apigateway_v1._put_gateway_response(api, kind, response)
        return api

    apigateway_v1._import_rest_api = whole


def read_concurrency_as_a_number() -> None:
    """Let MaximumConcurrency be a number, as CloudFormation does."""
    concurrency: Callable[..., int] = lambda_svc._sqs_esm_concurrency

    def of_numbers(mapping: dict[str, Any], *others: Any) -> int:
        scaling = {name: int(value) for name, value in (mapping.get("ScalingConfig") or {}).items()}
        return concurrency({**mapping, "ScalingConfig": scaling}, *others)

    lambda_svc._sqs_esm_concurrency = of_numbers


def authorize_batches_as_their_messages() -> None:
    """Let the permission for a batch be that for each of its messages."""
    extract: Callable[..., str | None] = iam_actions.extract_iam_action

    def action(service: str, *request: Any) -> str | None:
        found = extract(service, *request)
        return found.removesuffix("Batch") if found and service == "sqs" else found

    iam_actions.extract_iam_action = action


def place_log_streams_below_their_groups() -> None:
    """Let the resource of a call about logs be a stream."""
    extract: Callable[..., str] = iam_actions.extract_resource_arn

    def arn(service: str, *request: Any) -> str:
        found = extract(service, *request)
        return f"{found}:log-stream:any" if service == "logs" else found

    iam_actions.extract_resource_arn = arn


if __name__ == "__main__":
    show_layers_below_opt()
    read_the_whole_definition_of_an_api()
    read_concurrency_as_a_number()
    authorize_batches_as_their_messages()
    place_log_streams_below_their_groups()
    app.main()
