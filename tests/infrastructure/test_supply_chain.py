"""What comes from others: pinned, licensed so that it can be deployed, and looked after by a public CI."""

import re
import runpy
import subprocess

import pytest
import yaml

PERMISSIVE = re.compile(r"MIT|BSD|Apache|PSF-2\.0|MPL|Mozilla Public License|ISC")


def pins(text):
    """Return the packages that a requirements file pins, with their versions, by normal names."""
    found = re.findall(r"^([\w.-]+)==([^\s\\]+)", text, re.MULTILINE)
    return {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in found}


@pytest.fixture(scope="module")
def workflow(root):
    """The jobs of the public CI."""
    return yaml.safe_load((root / ".github" / "workflows" / "ci.yml").read_text())["jobs"]


def test_the_licences_that_are_listed_are_those_of_what_is_built(root, build):
    """The page of licences has every package of the layer, as `make licences` would write it today."""
    program = runpy.run_path(str(root / "layers" / "core" / "licences.py"))
    rows = [f"| {' | '.join(each)} |" for each in program["licences"](build / "CoreLayer" / "python")]
    page = (root / "docs" / "licences.md").read_text()
    assert page == program["HEAD"] + "".join(f"{row}\n" for row in rows), "run `make licences`"


def test_what_is_built_is_what_is_pinned(root):
    """The page has the packages and versions of requirements.txt, and no other."""
    rows = re.findall(r"^\| ([\w.-]+) \| ([\w.]+) \|", (root / "docs" / "licences.md").read_text(), re.MULTILINE)
    listed = {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in rows if name != "package"}
    assert listed == pins((root / "layers" / "core" / "requirements.txt").read_text())


def test_licences_allow_deployment(root):
    """Everything that is deployed may be used and passed on without opening what is one's own."""
    licences = re.findall(
        r"^\| [\w.-]+ \| \d[\w.]* \| (.+) \|$", (root / "docs" / "licences.md").read_text(), re.MULTILINE
    )
    assert len(licences) > 10
    assert [each for each in licences if not PERMISSIVE.search(each) or "GPL" in each] == []


def test_everything_is_pinned(root):
    """Every file of constraints pins each of its packages to one version."""
    for file in root.glob("constraints*.txt"):
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        assert lines, file.name
        assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!+]+", line)] == [], file.name


def test_the_public_ci_runs_what_people_type(root, workflow):
    """Each step of the public CI is a make target that exists; tests, deployment and audit are among them."""
    commands = [step["run"] for job in workflow.values() for step in job["steps"] if "run" in step]
    assert {"make test", "make build", "make deploy-test", "make audit"} <= set(commands)
    for command in commands:
        target = command.removeprefix("make ")
        subprocess.run(["make", "--dry-run", target], cwd=root, check=True, capture_output=True)


def test_the_public_ci_may_only_read(root):
    """The public CI's token can change nothing, and no job takes for ever."""
    content = yaml.safe_load((root / ".github" / "workflows" / "ci.yml").read_text())
    assert content["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 60 for job in content["jobs"].values())
