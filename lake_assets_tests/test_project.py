"""Proves that the files around the code agree with each other: make, CI, pre-commit, metadata, licence."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SHA = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)


def text_of(path: str) -> str:
    """Return the text of a file of the project."""
    return (ROOT / path).read_text(encoding="utf-8")


def make(*words: str) -> str:
    """Return what make prints, whatever the make that runs these tests was told."""
    environ = {"PATH": os.environ["PATH"]}
    made = subprocess.run(["make", *words], cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    return made.stdout


def commands_of(target: str, *settings: str) -> str:
    """Return the commands that make would run for a target."""
    return make("--dry-run", "--always-make", target, *settings)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """Return what pyproject.toml says."""
    return tomllib.loads(text_of("pyproject.toml"))


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    """Return the workflow that runs the checks."""
    parsed: dict[str, Any] = yaml.safe_load(text_of(".github/workflows/ci.yml"))
    return parsed


def test_every_target_is_explained() -> None:
    """Each target of make has a row in CONTRIBUTING, in make's own order, and a line in `make help`."""
    targets = TARGET.findall(text_of("Makefile"))

    assert re.findall(r"^\| `make ([a-z]+)` \|", text_of("CONTRIBUTING.md"), re.MULTILINE) == targets
    assert [line.split()[1] for line in make("help").splitlines()] == targets


@pytest.mark.parametrize(
    ("settings", "measured"),
    [
        ((), False),
        (("COVERAGE=1",), True),
        (("CI=true",), True),
        (("CI=true", "COVERAGE=0"), False),
        (("CI=true", "ARGS=-k one"), False),
    ],
)
def test_when_coverage_is_measured(settings: tuple[str, ...], *, measured: bool) -> None:
    """CI measures, and whoever asks; tests that were picked out are held against no floor."""
    assert ("--cov" in commands_of("test", *settings)) is measured


def test_coverage_has_a_floor(project: dict[str, Any]) -> None:
    """What `make test` measures is the package, and it fails below a floor."""
    coverage = project["tool"]["coverage"]

    assert coverage["run"]["source_pkgs"] == ["lake_assets"]
    assert coverage["report"]["fail_under"] >= 90


def test_commits_are_checked_by_the_tools_of_make_lint() -> None:
    """The hooks before a commit are those of `make lint`, run from the same environment."""
    (repository,) = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"]
    hooked = {hook["entry"].removesuffix(" --force-exclude") for hook in repository["hooks"]}
    linted = {line.removesuffix(" --check") for line in commands_of("lint").splitlines() if "/bin/" in line}

    assert repository["repo"] == "local"
    assert hooked <= linted
    assert len(hooked) == 4


def test_each_python_is_tried(project: dict[str, Any], workflow: dict[str, Any]) -> None:
    """The workflow runs `.ci/run` on every Python that the metadata names."""
    (job,) = workflow["jobs"].values()
    named = re.findall(r"Python :: (3\.\d+)$", "\n".join(project["project"]["classifiers"]), re.MULTILINE)

    assert job["strategy"]["matrix"]["python"] == named
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert project["project"]["requires-python"] == f">={named[0]}"


def test_the_workflow_trusts_nobody(workflow: dict[str, Any]) -> None:
    """The workflow may only read, keeps no credentials, and names actions by their commit."""
    (job,) = workflow["jobs"].values()
    actions = [step for step in job["steps"] if "uses" in step]

    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in job
    assert all(SHA.fullmatch(step["uses"]) for step in actions)
    assert actions[0]["with"]["persist-credentials"] is False


def test_the_licence_is_there(project: dict[str, Any]) -> None:
    """The licence that the metadata names is the file that goes with it."""
    assert project["project"]["license"] == "Apache-2.0"
    assert project["project"]["license-files"] == ["LICENSE"]
    assert "Apache License\n                           Version 2.0, January 2004" in text_of("LICENSE")
