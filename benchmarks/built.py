"""What ``make build`` made, run as Lambda runs it: by AWS's own runtime client, with nothing else on the path."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from benchmarks.runtime_api import Runtime

from switchyard_cli.local.cloud import ACCOUNT, REGION
from switchyard_cli.local.template import Template

ROOT: Final = Path(__file__).parents[1]
BUILD: Final = ROOT / ".aws-sam" / "build"
PYTHON: Final = ROOT / ".venv-lambda" / "bin" / "python"
"""Lambda's version of Python, with the runtime client and nothing else installed."""

_LAMBDA: Final = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nobody",
    "AWS_SESSION_TOKEN": "nobody",
    "AWS_LAMBDA_FUNCTION_NAME": "switchyard",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    "PYTHONDONTWRITEBYTECODE": "1",  # a function's code is read-only there
}


def built_template(parameters: Mapping[str, str]) -> Template:
    """Return the template that `sam deploy` would take."""
    return Template(BUILD / "template.yaml", parameters, REGION, ACCOUNT)


def mount_layers(template: Template, opt: Path) -> None:
    """Lay what is in the layers into a folder, as Lambda lays it into ``/opt``."""
    opt.mkdir()
    for layer in template.resources("AWS::Serverless::LayerVersion").values():
        for part in (template.folder / layer["ContentUri"]).iterdir():
            (opt / part.name).symlink_to(part.resolve())


def run_function(
    template: Template, name: str, opt: Path, environment: Mapping[str, str]
) -> AbstractContextManager[Runtime]:
    """Return a runtime for a function of the template; ``environment`` goes over the template's variables."""
    function = template.resources("AWS::Serverless::Function")[name]
    variables = template.environment(function)
    own = {key: str(value).replace("/opt/", f"{opt}/") for key, value in variables.items()}
    handler = "app.handler"
    return run_handler(handler, template.folder / function["CodeUri"], opt, {**own, **environment})


def run_handler(handler: str, code: Path, opt: Path, environment: Mapping[str, str]) -> AbstractContextManager[Runtime]:
    """Return a runtime for a handler in a folder, with the layers in ``opt`` on its path."""
    paths = {"LAMBDA_TASK_ROOT": str(code), "PYTHONPATH": f"{opt}/python", "_HANDLER": handler}
    command = [str(PYTHON), "-m", "awslambdaric", handler]
    return Runtime(command, code, {**_LAMBDA, **paths, **environment}, opt.with_name(f"{code.name}.log"))
