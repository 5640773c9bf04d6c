"""How `sam build` makes the layers."""

import os
import re
import subprocess
import sys

import pytest


def make(folder, target, artifacts, **environment):
    """Run make as `sam build` does."""
    return subprocess.run(
        ["make", "--makefile", folder / "Makefile", target],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "ARTIFACTS_DIR": str(artifacts), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def command(tmp_path):
    """Put a `switchyard` of the test's own on the path."""

    def install(script):
        path = tmp_path / "bin" / "switchyard"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return f"{path.parent}:{os.environ['PATH']}"

    return install


def test_every_layer_has_its_target(template, of_type, root):
    """SAM looks for a target named for the layer."""
    layers = of_type("Serverless::LayerVersion")
    assert layers
    for name, layer in layers.items():
        metadata = template["Resources"][name]["Metadata"]
        assert metadata == {"BuildMethod": "makefile"}
        assert f"\nbuild-{name}:\n" in (root / layer["ContentUri"] / "Makefile").read_text()


def test_the_config_is_compiled_into_its_layer(root, tmp_path, command):
    """The build hands its own folder to the command, and the command's result is the layer."""
    path = command('case "$1 $2 $3 $4 $5" in "config build --config . --output") echo "{}" > "$6";; esac')
    built = make(root / "layers/config", "build-ConfigLayer", tmp_path, PATH=path)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "switchyard/config.json").read_text() == "{}\n"


def test_a_bad_config_ends_the_build(root, tmp_path, command):
    """A bad configuration does not deploy (promise 8), and what the command says about it is shown."""
    path = command("echo switchyard.yaml:3: write apiRegion >&2; exit 2")
    built = make(root / "layers/config", "build-ConfigLayer", tmp_path, PATH=path)
    assert built.returncode != 0
    assert "switchyard.yaml:3: write apiRegion" in built.stderr


def test_without_lambdas_python_the_build_ends(root, tmp_path):
    """What another version of Python compiled, Lambda would compile anew at every cold start: the remedy is named."""
    built = make(root / "layers/core", "build-CoreLayer", tmp_path, LAMBDA_PYTHON="python2.9")
    assert built.returncode != 0
    assert "Install it, or name it: make build LAMBDA_PYTHON=/path/to/python3.13" in built.stderr
    assert not list(tmp_path.iterdir())


def test_dependencies_are_pinned_by_hash(root, tmp_path):
    """Every package that goes into the layer is pinned, with a hash for each of Lambda's architectures."""
    environment = {"LAMBDA_PYTHON": sys.executable, "MAKEFLAGS": "--dry-run"}
    dry = make(root / "layers/core", "build-CoreLayer", tmp_path, **environment)
    assert dry.returncode == 0, dry.stderr
    installs = re.findall(r"-m pip install .*?--platform manylinux2014_(\w+)", dry.stdout)
    assert installs == ["aarch64", "x86_64"]
    assert dry.stdout.count("--require-hashes") == dry.stdout.count("--only-binary=:all:") == 2
    pins = (root / "layers/core/requirements.txt").read_text()
    assert len(re.findall(r"==\S+ \\\n    --hash=sha256:", pins)) == pins.count("==") > 10
