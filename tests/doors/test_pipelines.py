"""What a CI platform runs, run here as far as it goes without the platform."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from xml.etree import ElementTree

import pytest
import yaml
from lichen_policies.dialects.folders import SUFFIXES

from tests.doors.test_fix import TEMPLATE

ROOT = Path(__file__).resolve().parents[2]
PIPELINES = ROOT / "doors" / "pipelines"
DIRTY = """
Resources:
  Machine:
    Type: AWS::EC2::Instance
    Properties: {InstanceType: p5.48xlarge}
"""
CLEAN = """
Resources:
  Machine:
    Type: AWS::EC2::Instance
    Properties: {InstanceType: c7g.large}
"""


def run(
    script: str, folder: Path, first: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A script of bash in a folder, with this environment's commands; those of ``first`` go before
    them."""
    path = [str(first)] if first else []
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={
            "PATH": os.pathsep.join([*path, str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(folder),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "in prod").mkdir()
    (tmp_path / "in prod" / "stack.yaml").write_text(DIRTY)
    (tmp_path / "other.yaml").write_text(CLEAN)
    return tmp_path


def action() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "action.yml").read_text()))


def step(name: str) -> dict[str, Any]:
    return next(step for step in action()["runs"]["steps"] if step.get("name") == name)


def as_on_github(name: str, folder: Path, **inputs: str) -> dict[str, str]:
    """The variables of a step of the action, its expressions filled in."""
    known = {f"inputs.{key}": value.get("default", "") for key, value in action()["inputs"].items()}
    known |= {f"inputs.{key}": value for key, value in inputs.items()}
    known |= {
        "github.action_path": str(ROOT),
        "github.event.pull_request.number": "7",
        "github.token": "t",
    }
    filled = {
        key: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], value)
        for key, value in step(name)["env"].items()
    }
    return filled | {
        "GITHUB_OUTPUT": str(folder / "outputs"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_REPOSITORY": "ada/shop",
        "GITHUB_WORKFLOW": "checks",
        "GITHUB_JOB": "judge",
    }


def test_no_script_of_the_action_has_an_expression_in_it() -> None:
    """What is pasted into a script could run: a branch's name is its author's."""
    for each in action()["runs"]["steps"]:
        assert "${{" not in each.get("run", "")


@pytest.mark.parametrize(
    ("paths", "code"), [("in prod", 1), ("other.yaml\n\n", 0), ("no such file", 2)]
)
def test_the_action_checks(project: Path, paths: str, code: int) -> None:
    variables = as_on_github("Check", project, paths=paths, region="ap-south-1")
    reports = project / "lichen-report"
    reports.mkdir()
    (reports / "lichen.sarif").write_text("of an earlier run")
    done = run(step("Check")["run"], project, **variables)
    assert done.returncode == code, done.stderr
    outputs = dict(
        line.split("=", 1) for line in (project / "outputs").read_text().splitlines() if line
    )
    assert outputs["exit-code"] == str(code)
    if code == 2:
        assert "no such file: cannot be read" in done.stderr
        assert outputs.keys() == {"exit-code"}
        assert not list(reports.iterdir())
        return
    sarif = json.loads((project / outputs["sarif"]).read_text())
    levels = {result["level"] for result in sarif["runs"][0]["results"]}
    assert ("error" in levels) is (code == 1)
    assert (project / "summary.md").read_text().startswith("<!-- lichen check -->")
    assert json.loads((project / outputs["json"]).read_text())["summary"]["judged"] == 1


def test_the_action_takes_a_baseline(project: Path) -> None:
    variables = as_on_github("Check", project, paths=".", region="ap-south-1")
    assert run(step("Check")["run"], project, **variables).returncode == 1
    (project / "lichen-report" / "lichen.json").rename(project / "base.json")
    variables |= as_on_github(
        "Check", project, paths="in prod\nother.yaml", region="ap-south-1", baseline="base.json"
    )
    assert run(step("Check")["run"], project, **variables).returncode == 0


GH = r"""#!/usr/bin/env bash
# GitHub's comments, each a file named by its number.
mkdir -p comments
case "$*" in
  *--paginate*)
    for each in comments/*; do
      if [[ -f $each && $(head -n 1 "$each") == "$mark" ]]; then basename "$each"; fi
    done ;;
  *"--method PATCH repos/ada/shop/issues/comments/"*) cat >"comments/$6" ;;
  *"--method POST repos/ada/shop/issues/7/comments"*) cat >"comments/$RANDOM" ;;
esac
""".replace("$6", "$(grep -o '[0-9]*$' <<<\"${5}\")")


@pytest.fixture
def comment(project: Path) -> Callable[..., list[str]]:
    """``comment(environment="prod")`` runs the step; what the pull request's comments are then."""
    commands = project / "bin"
    commands.mkdir()
    (commands / "gh").write_text(GH)
    (commands / "gh").chmod(0o755)

    def commented(**inputs: str) -> list[str]:
        variables = as_on_github("Comment", project, **inputs)
        done = run(step("Comment")["run"], project, first=commands, **variables)
        assert done.returncode == 0, done.stderr
        return [each.read_text() for each in (project / "comments").iterdir()]

    return commented


def check(project: Path, **inputs: str) -> int:
    variables = as_on_github("Check", project, region="ap-south-1", **inputs)
    return run(step("Check")["run"], project, **variables).returncode


def test_the_action_renews_its_comment(project: Path, comment: Callable[..., list[str]]) -> None:
    assert check(project) == 1
    (first,) = comment()
    assert "1 finding blocks" in first
    (project / "in prod" / "stack.yaml").write_text(CLEAN)
    assert check(project) == 0
    (second,) = comment()
    assert "Nothing blocks this deployment" in second


def test_the_comment_of_an_earlier_commit_does_not_outlive_a_check_that_failed(
    project: Path, comment: Callable[..., list[str]]
) -> None:
    (project / "in prod" / "stack.yaml").write_text(CLEAN)
    assert check(project) == 0
    comment()
    (project / "lichen.yaml").write_text("limit: {}\n")
    assert check(project) == 2
    (renewed,) = comment()
    assert "### Lichen: nothing was judged" in renewed
    assert "did you mean 'limits'?" in renewed
    assert "nothing was judged" in (project / "summary.md").read_text()
    # The step that installs has failed, so there is no report at all.
    shutil.rmtree(project / "lichen-report")
    (renewed,) = comment()
    assert "### Lichen: nothing was judged" in renewed
    assert "The job's log says why" in renewed


def test_jobs_of_one_pull_request_have_comments_of_their_own(
    project: Path, comment: Callable[..., list[str]]
) -> None:
    """Of two environments, what blocks one is not hidden by what passes in the other."""
    assert check(project, environment="prod") == 1
    comment(environment="prod")
    assert check(project, environment="dev", paths="other.yaml") == 0
    comments = comment(environment="dev", paths="other.yaml")
    assert len(comments) == 2
    assert sorted("1 finding blocks" in each for each in comments) == [False, True]


@pytest.mark.parametrize("name", ["Comment", "Suggest"])
def test_what_github_refuses_fails_no_job(project: Path, name: str) -> None:
    """Of a fork's pull request the token may not write: what the check said decides."""
    (project / "stack.yaml").write_text(TEMPLATE)
    assert check(project, paths="stack.yaml", environment="dev") == 1
    commands = project / "bin"
    commands.mkdir()
    (commands / "gh").write_text("#!/bin/sh\nexit 1\n")
    (commands / "gh").chmod(0o755)
    done = run(step(name)["run"], project, first=commands, **as_on_github(name, project))
    assert done.returncode == 0
    assert done.stdout.startswith(f"::warning title=Lichen::GitHub takes no {name.lower()}")


def test_a_document_is_not_lost_to_a_report_that_says_that_nothing_was_judged(
    project: Path,
) -> None:
    (project / "lichen.yaml").write_text("limit: {}\n")
    done = run("lichen check . --report markdown=other.yaml", project)
    assert done.returncode == 2
    assert (project / "other.yaml").read_text() == CLEAN


def test_gitlab_s_job(project: Path) -> None:
    (job,) = yaml.safe_load((PIPELINES / "gitlab.yml").read_text()).values()
    install, check = job["script"]
    assert shlex.split(install)[:4] == ["python", "-m", "pip", "install"]
    done = run(check, project, **job["variables"], LICHEN_REGION="ap-south-1")
    assert done.returncode == 1, done.stderr
    assert "no pipeline of a merge request" in done.stderr
    reports = job["artifacts"]["reports"]
    assert json.loads((project / reports["codequality"]).read_text())
    assert ElementTree.fromstring((project / reports["junit"]).read_text()).get("failures") != "0"
    assert (project / job["artifacts"]["paths"][0] / "lichen.json").is_file()


class AsGitLab(BaseHTTPRequestHandler):
    """A merge request of GitLab, as far as the job uses it; ``calls`` is what it was sent."""

    notes: ClassVar[list[dict[str, Any]]] = []
    calls: ClassVar[list[tuple[str, str, Any]]] = []
    diff: ClassVar[str] = ""

    def _answer(self, content: object, status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Next-Page", "")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/api/v4/projects/5/merge_requests/7")
        refs = {"base_sha": "b", "start_sha": "s", "head_sha": "h"}
        answers: dict[str, object] = {
            "/notes": self.notes,
            "/api/v4/user": {"id": 9},
            "": {"diff_refs": refs},
            "/diffs": [{"new_path": "stack.yaml", "old_path": "old.yaml", "diff": self.diff}],
        }
        known = path in answers and self.headers["PRIVATE-TOKEN"] == "CANARY"
        self._answer(answers.get(path) if known else {}, 200 if known else 401)

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.removeprefix("/api/v4/projects/5/merge_requests/7")
        self.calls.append((self.command, path, content))
        note = {"id": 30 + len(self.notes), "body": content["body"], "author": {"id": 9}}
        self.notes.append(note)
        self._answer({}, 201)

    do_PUT = do_POST

    def log_message(self, *_arguments: object) -> None:
        """Nothing: the answers are what is tested."""


def test_gitlab_s_merge_request_has_one_comment_and_suggestions_that_can_be_committed(
    tmp_path: Path,
) -> None:
    (tmp_path / "stack.yaml").write_text(TEMPLATE)
    (job,) = yaml.safe_load((PIPELINES / "gitlab.yml").read_text()).values()
    server = ThreadingHTTPServer(("127.0.0.1", 0), AsGitLab)
    Thread(target=server.serve_forever, daemon=True).start()
    variables = {
        **job["variables"],
        "LICHEN_PATHS": "stack.yaml",
        "LICHEN_REGION": "eu-north-1",
        "LICHEN_ENVIRONMENT": "dev",
        "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}/api/v4",
        "CI_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_IID": "7",
        "LICHEN_GITLAB_TOKEN": "CANARY",
        "CI_JOB_NAME": "judge",
        "LICHEN_REPORTS": "elsewhere",  # of another job: the artifacts stay where they were
    }
    lines = TEMPLATE.splitlines()
    # Somebody else has copied the comment of this job.
    copied = "<!-- lichen job judge -->\n<!-- lichen check -->\n"
    AsGitLab.notes = [{"id": 1, "body": copied, "author": {"id": 8}}]
    AsGitLab.calls = []
    # The first line is as it was, all others are new.
    AsGitLab.diff = f"@@ -1 +1,{len(lines)} @@\n {lines[0]}\n" + "".join(
        f"+{line}\n" for line in lines[1:]
    )
    try:
        done = run(job["script"][1], tmp_path, **variables)
        first, AsGitLab.calls = AsGitLab.calls, []
        shutil.copy(tmp_path / "lichen-report" / "lichen.json", tmp_path / "base.json")
        again = run(job["script"][1], tmp_path, **variables, LICHEN_BASELINE="base.json")
        second, AsGitLab.calls = AsGitLab.calls, []
        other = run(job["script"][1], tmp_path, **variables | {"CI_JOB_NAME": "of dev"})
        third, AsGitLab.calls = AsGitLab.calls, []
        (tmp_path / "lichen.yaml").write_text("limit: {}\n")
        stopped = run(job["script"][1], tmp_path, **variables)
        absent = run(
            job["script"][1], tmp_path, **variables | {"LICHEN_PATHS": "none", "CI_JOB_NAME": "no"}
        )
        fourth, AsGitLab.calls = AsGitLab.calls, []
        (tmp_path / "lichen.yaml").unlink()
        AsGitLab.notes, AsGitLab.diff = [], ""
        unseen = run(job["script"][1], tmp_path, **variables)
        refused = run(job["script"][1], tmp_path, **variables | {"LICHEN_GITLAB_TOKEN": "WRONG"})
    finally:
        server.shutdown()
        server.server_close()
    assert done.returncode == 1, done.stderr  # as the check ends, whatever GitLab says
    (method, path, content), *suggested = first
    assert (method, path) == ("POST", "/notes")
    assert content["body"].startswith("<!-- lichen job judge -->\n<!-- lichen check -->")
    assert suggested
    for method, path, content in suggested:
        assert (method, path) == ("POST", "/discussions")
        position = content["position"]
        assert [position[name] for name in ("base_sha", "start_sha", "head_sha")] == ["b", "s", "h"]
        assert (position["new_path"], position["old_path"]) == ("stack.yaml", "old.yaml")
        assert "old_line" not in position
        ((above, text),) = re.findall(
            r"```suggestion:-(\d+)\+0\n(.*?)\n```", content["body"], re.DOTALL
        )
        committed = TEMPLATE.splitlines()
        last = position["new_line"]
        committed[last - 1 - int(above) : last] = text.splitlines()
        assert "Resources" in yaml.safe_load("\n".join(committed))
        assert committed != lines
    # Nothing is suggested twice, the comment is renewed and says what is new.
    assert again.returncode == 0, again.stderr
    ((method, path, content),) = second
    assert (method, path) == ("PUT", "/notes/31")
    assert "**0 new**" in content["body"]
    ((method, path, content),) = third  # another job has a comment of its own
    assert (method, path) == ("POST", "/notes")
    assert content["body"].startswith("<!-- lichen job of dev -->")
    # What an earlier commit, or an earlier job whose artifacts are here, was told holds no longer.
    assert (stopped.returncode, absent.returncode) == (2, 2)
    assert [(method, path) for method, path, _ in fourth] == [
        ("PUT", "/notes/31"),
        ("POST", "/notes"),
    ]
    assert "did you mean 'limits'?" in fourth[0][2]["body"]
    assert "The job's log says why" in fourth[1][2]["body"]
    assert "does not show stack.yaml:" in unseen.stderr
    assert refused.returncode == 1
    assert "GitLab answers 401" in refused.stderr
    assert not [
        each
        for each in (done, again, other, unseen, refused)
        if "CANARY" in each.stderr + each.stdout
    ]


def test_pre_commit_s_hook(project: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    done = run(
        shlex.join([*shlex.split(hook["entry"]), *hook["args"]]),
        project,
        LICHEN_REGION="ap-south-1",
    )
    assert done.returncode == 1, done.stderr
    of_code = (".tf", ".tf.json", ".tofu", ".tfvars", ".bicep", ".bicepparam")
    for suffix in (*SUFFIXES, *of_code, ".TEMPLATE"):
        assert re.search(hook["files"], f"b/c{suffix}"), suffix


def blocks(language: str) -> list[str]:
    text = (ROOT / "docs" / "ci.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_recipes_of_the_documentation_run(project: Path) -> None:
    (project / "plan.json").write_text(json.dumps(yaml.safe_load(CLEAN)))
    (project / "in prod" / "stack.yaml").unlink()
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (project / "__main__.py").write_text("import pulumi\n")
    recipes = [yaml.safe_load(text) for text in blocks("yaml")]
    atlantis = next(recipe for recipe in recipes if "workflows" in recipe)
    spacelift = next(recipe for recipe in recipes if "stack_defaults" in recipe)
    steps = atlantis["workflows"]["lichen"]["plan"]["steps"]
    lines = [each["run"] for each in steps if isinstance(each, dict)]
    lines += [line for line in spacelift["stack_defaults"]["after_plan"] if "lichen" in line]
    lines += [line for text in blocks("sh") for line in text.splitlines() if "lichen" in line]
    assert len(lines) == 6
    for line in lines:
        done = run(line, project, SHOWFILE="plan.json", LICHEN_REGION="eu-north-1")
        assert done.returncode == 0, (line, done.stdout, done.stderr)


def test_the_recipe_of_github_names_inputs_that_there_are() -> None:
    recipe = next(yaml.safe_load(text) for text in blocks("yaml") if "jobs:" in text)
    (uses,) = (
        each for each in recipe["jobs"]["lichen"]["steps"] if each["uses"].startswith("lichen-ml")
    )
    assert set(uses["with"]) <= set(action()["inputs"])


SUGGESTING_GH = """#!/usr/bin/env bash
if [[ " $* " == *" --paginate "* ]]; then cat "$GH_THERE"; exit 0; fi
echo "$*" >>"$GH_CALLS"; cat >>"$GH_CALLS"
"""


def test_the_action_suggests_what_can_be_committed_once(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text(TEMPLATE)
    variables = as_on_github(
        "Check", tmp_path, paths="stack.yaml", region="eu-north-1", environment="dev"
    )
    run(step("Check")["run"], tmp_path, **variables)
    written = (tmp_path / "lichen-report" / "lichen-suggestions.jsonl").read_text()
    reviews = [json.loads(line) for line in written.splitlines()]
    assert reviews
    for review in reviews:
        (comment,) = review["comments"]
        assert comment["path"] == "stack.yaml"
        assert comment["side"] == "RIGHT"
        mark, *_ = comment["body"].splitlines()
        assert re.fullmatch("<!-- lichen suggestion [0-9a-f]{16} -->", mark)
        (text,) = re.findall("```suggestion\n(.*?)\n```", comment["body"], re.DOTALL)
        # Committed, it is the template with that one change.
        lines = TEMPLATE.splitlines()
        first = comment.get("start_line", comment["line"])
        lines[first - 1 : comment["line"]] = text.splitlines()
        assert "Resources" in yaml.safe_load("\n".join(lines))
        assert lines != TEMPLATE.splitlines()
    commands = tmp_path / "commands"
    commands.mkdir()
    (commands / "gh").write_text(SUGGESTING_GH)
    (commands / "gh").chmod(0o755)
    there, calls = tmp_path / "there", tmp_path / "calls"
    variables = as_on_github("Suggest", tmp_path) | {
        "GH_CALLS": str(calls),
        "GH_THERE": str(there),
    }
    there.write_text("another comment\n")
    done = run(step("Suggest")["run"], tmp_path, commands, **variables)
    assert done.returncode == 0, done.stderr
    assert calls.read_text().count("--method POST repos/ada/shop/pulls/7/reviews") == len(reviews)
    calls.unlink()
    there.write_text("".join(f"{r['comments'][0]['body'].splitlines()[0]}\n" for r in reviews))
    run(step("Suggest")["run"], tmp_path, commands, **variables)
    assert not calls.exists()
