"""What all tests share: property tests that try the same examples everywhere, credentials of nobody, the build."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

settings.register_profile("switchyard", derandomize=True, deadline=None)
settings.load_profile("switchyard")

# boto3 wants some; whatever a test reaches by mistake refuses these. An endpoint of the shell's is not the tests' own.
os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ |= {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nobody", "AWS_DEFAULT_REGION": "eu-central-1"}


@pytest.fixture(scope="session")
def build() -> Path:
    """The folder that `make build` fills, up to date. Without Lambda's version of Python there is none."""
    with (ROOT / "Makefile").open() as lock:  # tests run in several processes
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = subprocess.run(
            ["make", "--silent", ".aws-sam/build/template.yaml", ".venv-lambda/bin/.ready"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if "Install it, or name it: make build LAMBDA_PYTHON" in made.stderr:
        pytest.skip("there is no Python 3.13, Lambda's version, to build with")
    assert made.returncode == 0, made.stdout + made.stderr
    return ROOT / ".aws-sam" / "build"
