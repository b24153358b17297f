"""What a visitor reads before the code: the workflow, the issue forms, the citation, the licences."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from testbed.cli import main
from tests.committed import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))


def parsed(*parts: str) -> Any:
    return yaml.safe_load(ROOT.joinpath(*parts).read_text(encoding="utf-8"))


def stages(job: dict[str, Any]) -> set[str]:
    """What a job asks of .ci/run."""
    said = " ".join(step["run"] for step in job["steps"] if step.get("run", "").startswith(".ci/run"))
    return set(said.replace(".ci/run", "").split())


def test_the_workflow_runs_every_version_that_is_declared() -> None:
    known = [re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line) for line in PROJECT["classifiers"]]
    versions = [match[1] for match in known if match]
    jobs = parsed(".github", "workflows", "checks.yml")["jobs"]
    matrix = jobs["pinned"]["strategy"]["matrix"]
    assert matrix["python"] == versions
    assert PROJECT["requires-python"] == f">={versions[0]}"
    systems = {"MacOS": "macos-latest", "POSIX :: Linux": "ubuntu-latest"}
    declared = [line.removeprefix("Operating System :: ") for line in PROJECT["classifiers"] if "Operating" in line]
    assert sorted(systems[name] for name in declared) == sorted(matrix["system"])
    python = {name: job["steps"][1]["with"]["python-version"] for name, job in jobs.items()}
    assert python["lowest"] == versions[0]
    assert python["newest"] == versions[-1]


def test_the_workflow_runs_every_stage() -> None:
    line = re.search(r"then set -- (.+); fi", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert line
    jobs = parsed(".github", "workflows", "checks.yml")["jobs"]
    assert set().union(*map(stages, jobs.values())) == set(line[1].split())
    assert all(job["timeout-minutes"] <= 40 for job in jobs.values())


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_issue_forms_ask_what_is_needed(form: Any) -> None:
    content = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(content)
    fields = {field["id"]: field for field in content["body"]}
    assert "law" in fields
    assert all(field["type"] in {"input", "textarea"} and field["attributes"]["label"] for field in fields.values())
    if form.stem == "wrong_number":
        assert {"law", "statement", "described"} <= {name for name, f in fields.items() if f["validations"]["required"]}


def test_the_citation_is_the_package() -> None:
    citation = parsed("CITATION.cff")
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["references"][0]["year"] == 2021


def test_licences_of_others_are_all_named() -> None:
    """Each vendored file stands in the table with its version, and is the file whose hash is recorded."""
    table = (ROOT / "THIRD_PARTY_LICENSES.md").read_text(encoding="utf-8")
    folder = ROOT / "testbed" / "explorer" / "vendored"
    kept = {}
    for entry in json.loads((folder / "vendored.json").read_text(encoding="utf-8")):
        kept[folder / entry["file"]] = (entry["version"], entry["sha256"])
    [script] = (ROOT / "docs" / "_static").rglob("*.js")
    said = (script.parent / "README.txt").read_text(encoding="utf-8")
    kept[script] = (said.split(",")[0].split()[1], re.findall(r"[0-9a-f]{64}", said)[0])
    for path, (version, sha) in kept.items():
        [line] = [line for line in table.splitlines() if path.relative_to(ROOT).as_posix() in line]
        assert f"| {version} |" in line
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha
    tracked = subprocess.run(
        ["git", "ls-files", "*.min.js", "docs/_static/**.js"], cwd=ROOT, capture_output=True, text=True
    )
    if tracked.returncode == 0:
        assert {ROOT / name for name in tracked.stdout.split()} == set(kept)


def test_security_names_every_command() -> None:
    table = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert {name for name in main.commands if not re.search(rf"\b{name}\b", table)} == set()


def test_hooks_have_the_versions_that_the_suite_has() -> None:
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if "==" in line)
    revisions = {
        hook["repo"].rpartition("/")[2]: hook.get("rev") for hook in parsed(".pre-commit-config.yaml")["repos"]
    }
    for tool, pinned in (("ruff-pre-commit", pins["ruff"]), ("codespell", pins["codespell"])):
        assert revisions[tool] == f"v{pinned}"


def test_reasons_are_given_for_at_most_six_checks() -> None:
    reasons = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["repo-review"]["ignore"]
    assert len(reasons) <= 6 and all(len(reason.split()) > 5 for reason in reasons.values())
