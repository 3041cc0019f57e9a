"""Options that several commands take: what is no number, and what Ctrl-C ends with."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner
from lichen_doors.command import main

from tests.practices.test_clusters import POOL

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "words",
    [
        ("place", "stacks/workloads/chat.yaml", "--confidence"),
        ("place", "stacks/workloads/chat.yaml", "--cost-tolerance"),
        ("place", "stacks/workloads/chat.yaml", "--all-clouds", "--data-gb"),
        ("karpenter", "overlays", "--region", "eu-west-1", "--carbon-price"),
        ("size", "--model", "BAAI/bge-m3", "--machine", "g5.xlarge", "--concurrency"),
        ("watch", "docs/practices/examples/states", "--tolerance"),
        ("train", "docs/practices/examples/retrain.yaml", "--cost-tolerance"),
        ("bench", "http://127.0.0.1:9", "--seconds"),
    ],
    ids=lambda words: f"{words[0]} {words[-1]}",
)
@pytest.mark.parametrize("number", ["nan", "inf"])
def test_what_is_no_number_is_refused(words: tuple[str, ...], number: str) -> None:
    refused = CliRunner().invoke(main, [*words, number])
    assert refused.exit_code == 2, refused.output
    assert words[-1] in refused.output


def test_ctrl_c_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(click.Context, "invoke", interrupted)
    assert CliRunner().invoke(main, ["rules"]).exit_code == 130


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text((ROOT / "docs/practices/examples/states/search-prod.json").read_text())
    workload = tmp_path / "chat.yaml"
    chat = (ROOT / "stacks/workloads/chat.yaml").read_text()
    workload.write_text(chat.replace("../records/", f"{ROOT}/stacks/records/"))
    before = [path.read_bytes() for path in (state, workload)]
    for words in (
        ("check", str(state), "--output", str(state)),
        ("check", str(state), "--record", str(state)),
        ("check", str(state), "--report", f"sarif={state}"),
        ("check", str(tmp_path), "--record", str(tmp_path / "record.json")),
        ("place", str(workload), "--record", str(workload)),
    ):
        refused = CliRunner().invoke(main, words)
        assert refused.exit_code == 2, words
        assert words[2] in refused.output
    assert [path.read_bytes() for path in (state, workload)] == before
    assert not (tmp_path / "record.json").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("place",),
        ("check",),
        ("size", "--cases"),
        ("bench", "--model", "BAAI/bge-m3", "--machine", "g5.xlarge", "--from"),
        ("rules", "--config"),
        ("train",),
        ("verify",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    ("kind", "said"),
    [("loop", "Too many levels of symbolic links"), ("long", "File name too long")],
)
def test_a_path_that_leads_nowhere_is_a_sentence(
    words: tuple[str, ...], kind: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / ("x" * 5000 if kind == "long" else "loop")
    if kind == "loop":
        path.symlink_to(path)
    refused = CliRunner().invoke(main, [*words, str(path)])
    assert (refused.exit_code, said in refused.stderr) == (2, True), refused.output


@pytest.mark.parametrize(
    "words",
    [
        ("explain",),
        ("pack", "--file"),
        ("rules", "test", "--directory"),
        ("scorecard", "docs/practices/examples/states", "--output"),
        ("karpenter", "overlays", "--region", "eu-west-1", "--carbon-price", "9", "--output"),
    ],
    ids=" ".join,
)
def test_a_name_that_is_too_long_is_a_sentence(words: tuple[str, ...]) -> None:
    refused = CliRunner().invoke(main, [*words, "x" * 5000])
    assert (refused.exit_code, "File name too long" in refused.stderr) == (2, True), refused.output


@pytest.mark.parametrize("command", ["place", "check", "watch", "scorecard", "train", "verify"])
def test_a_pipe_that_nothing_writes_to_is_not_waited_for(command: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    refused = CliRunner().invoke(main, [command, str(pipe)])
    assert refused.exit_code == 2, refused.output
    assert "is a pipe that nothing writes to" in " ".join(refused.output.split())


CHECK = ("check", "template.yaml", "--output")
CEILINGS = ("karpenter", "ceilings", "pool.yaml", "--region", "ap-south-1", "--share", "high=50",
            "--output")  # fmt: skip
OVERLAYS = ("karpenter", "overlays", "--region", "ap-south-1", "--carbon-price", "9", "--output")


@pytest.fixture
def beside_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "template.yaml").write_text("Resources: {A: {Type: AWS::S3::Bucket}}\n")
    (tmp_path / "pool.yaml").write_text(yaml.safe_dump(POOL))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", [CHECK, CEILINGS, OVERLAYS], ids=" ".join)
def test_a_pipe_that_nothing_reads_is_not_waited_for(
    words: tuple[str, ...], beside_inputs: Path
) -> None:
    os.mkfifo(beside_inputs / "pipe")
    refused = CliRunner().invoke(main, [*words, "pipe"])
    assert refused.exit_code == 2, refused.output
    assert "pipe: is a pipe that nothing reads. Fix: start what reads it first" in refused.stderr


def test_a_pipe_that_is_read_has_the_answer(beside_inputs: Path) -> None:
    os.mkfifo(beside_inputs / "pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        deadline = time.monotonic() + 10
        while (run := CliRunner().invoke(main, [*CHECK, "pipe"])).exit_code == 2:
            assert time.monotonic() < deadline, run.output  # it has not opened the pipe yet
        assert "0 resources judged" in reader.communicate(timeout=10)[0]


@pytest.mark.parametrize("words", [CHECK, CEILINGS], ids=" ".join)
def test_a_report_is_written_over_what_is_no_input(
    words: tuple[str, ...], beside_inputs: Path
) -> None:
    """As compilers do: over the report of an earlier run, and over any other file that is named.
    But never over what is read, the configuration included, which no command line names."""
    answer = beside_inputs / "answer"
    for earlier in (None, "of another tool\n"):
        if earlier is not None:
            answer.write_text(earlier)
        for _ in range(2):
            assert CliRunner().invoke(main, [*words, "answer"]).exit_code in (0, 1)
        assert "of another tool" not in answer.read_text()
    (beside_inputs / "lichen.yaml").write_text("{}\n")
    read = words[1] if words is CHECK else words[2]
    for name in (read, "lichen.yaml"):
        before = (beside_inputs / name).read_text()
        refused = CliRunner().invoke(main, [*words, name])
        assert refused.exit_code == 2
        assert f"{name} is what is read, and would be lost" in refused.stderr
        assert (beside_inputs / name).read_text() == before
    (beside_inputs / "folder").mkdir()
    refused = CliRunner().invoke(main, [*words, "folder"])
    assert (refused.exit_code, "is a directory" in refused.stderr) == (2, True)


def test_an_answer_is_not_written_into_a_loop_of_links(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    workload = str(ROOT / "stacks/workloads/chat.yaml")
    refused = CliRunner().invoke(main, ["check", workload, "--output", str(loop)])
    assert (refused.exit_code, refused.stderr.startswith(f"lichen: {loop}: ")) == (2, True)


def test_a_place_that_takes_no_file_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    absent = tmp_path / "absent" / "record.json"
    refused = CliRunner().invoke(
        main,
        ["bench", "http://127.0.0.1:9", "--model", "BAAI/bge-m3", "--output", str(absent)],
    )
    assert refused.exit_code == 2
    assert "--output: nothing can be written into" in refused.output


def test_two_reports_are_not_written_into_one_file(tmp_path: Path) -> None:
    template = tmp_path / "stack.json"
    template.write_text('{"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}')
    file = tmp_path / "report"
    reports = ("--report", f"json={file}", "--report", f"html={file}")
    run = CliRunner().invoke(main, ["check", str(template), *reports])
    assert run.exit_code == 2
    assert "one of both would be lost" in run.stderr
    assert not file.exists()


@pytest.mark.parametrize("columns", ["0", "abc", "-1"])
def test_columns_that_are_no_number_are_not_asked_for(
    columns: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stack.json").write_text('{"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}')
    monkeypatch.setenv("COLUMNS", columns)
    for words in (["check", str(tmp_path / "stack.json")], ["catalogue", "regions"]):
        run = CliRunner().invoke(main, words)
        assert run.exit_code == 0, run.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is full")
@pytest.mark.parametrize("words", [["rules"], ["catalogue", "regions"], ["rules", "--format=json"]])
def test_an_answer_without_room_is_a_mistake_and_no_verdict(words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "lichen_doors.command", *words]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 2, ran.stderr
    assert ran.stderr.startswith("lichen: the answer cannot be written: No space left on device")
    assert "Traceback" not in ran.stderr
