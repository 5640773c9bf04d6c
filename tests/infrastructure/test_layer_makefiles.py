"""How `sam build` makes the layers."""

import os
import subprocess

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
    """SAM looks for a target named for the layer; its compiled parts must suit the functions' architecture."""
    layers = of_type("Serverless::LayerVersion")
    assert layers
    for name, layer in layers.items():
        metadata = template["Resources"][name]["Metadata"]
        assert metadata == {"BuildMethod": "makefile", "BuildArchitecture": "arm64"}
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


def test_the_platform_can_be_chosen(root, tmp_path):
    """An emulator on another processor can be built for, without touching a file."""
    folder = root / "layers/core"
    environment = {"LAMBDA_PLATFORM": "manylinux2014_x86_64", "MAKEFLAGS": "--dry-run"}
    dry = make(folder, "build-CoreLayer", tmp_path, **environment)
    assert dry.returncode == 0, dry.stderr
    assert '--platform "manylinux2014_x86_64"' in dry.stdout
    assert "--only-binary=:all:" in dry.stdout
