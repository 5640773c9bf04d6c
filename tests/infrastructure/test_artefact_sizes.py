"""What `make build` made: how large it is, and that nothing is missing in it or left over."""

import runpy
from collections import defaultdict

import pytest

KILOBYTE = 1000
MOST = {
    "CoreLayer": 24_000 * KILOBYTE,
    "ConfigLayer": 1_000 * KILOBYTE,
    "CollectFunction": 10 * KILOBYTE,
    "ArchiveFunction": 10 * KILOBYTE,
    "ForwardMixpanelFunction": 10 * KILOBYTE,
}
"""Bytes, unpacked. Lambda itself takes 250 MB for a function with its layers."""

MOST_ZIPPED = 10_000 * KILOBYTE
COMPILED = {"cpython-313-aarch64-linux-gnu", "cpython-313-x86_64-linux-gnu"}


@pytest.fixture(scope="module")
def sizes(root, build):
    """The program that `make build` prints sizes with, on what was built."""
    program = runpy.run_path(str(root / "layers" / "artefact_sizes.py"))
    return {each.name: each for each in program["artefacts"](build)}


def test_artefacts_are_small(sizes):
    """Each artefact is known and bounded: a small one starts sooner, and a new dependency does not slip in."""
    assert sizes.keys() == MOST.keys()
    for name, each in sizes.items():
        assert 0 < each.unpacked <= MOST[name], name
        assert 0 < each.zipped <= MOST_ZIPPED, name


def test_functions_are_their_source(build, root):
    """A function's artefact is its folder's source, without what running it here left behind."""
    for name in ("collect", "archive"):
        (file,) = (build / f"{name.title()}Function").iterdir()
        assert file.read_bytes() == (root / "functions" / name / "app.py").read_bytes()


def test_compiled_parts_for_both_architectures(build):
    """Every compiled module is there for each architecture that the parameter offers."""
    modules = defaultdict(set)
    for file in (build / "CoreLayer").rglob("*.so"):
        stem, _, tag = file.name.removesuffix(".so").partition(".")
        modules[file.with_name(stem)].add(tag)
    assert "orjson" in {path.name for path in modules}
    assert set(map(frozenset, modules.values())) == {frozenset(COMPILED)}


def test_everything_is_compiled_to_bytecode(build):
    """Every module has the bytecode of Lambda's Python, which is used whatever the file's time (unchecked hash)."""
    sources = set((build / "CoreLayer").rglob("*.py"))
    assert sources
    for source in sources:
        code = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        assert int.from_bytes(code.read_bytes()[4:8], "little") == 0b01, source


def test_tracebacks_name_lambdas_paths(build):
    """Bytecode has the paths of Lambda, not of the machine that it was built on."""
    code = next((build / "CoreLayer/python/switchyard").glob("__pycache__/queues.*.pyc")).read_bytes()
    assert b"/opt/python/switchyard/queues.py" in code
    assert str(build).encode() not in code


def test_licences_go_along(build):
    """What is trimmed is not the licence of anybody's work."""
    packages = list((build / "CoreLayer/python").glob("*.dist-info"))
    assert len(packages) > 10
    assert [each.name for each in packages if not list(each.rglob("LICEN[CS]E*"))] == []
