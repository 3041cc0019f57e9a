"""A real llama.cpp with a tiny model made on the spot, its server and its own benchmark:
`make test-bench` builds them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from lichen_doors.command import main

from sandbox.llama import BENCH, SERVER
from sandbox.llama.model import write_model
from sandbox.serving import serving

pytestmark = pytest.mark.skipif(
    not (SERVER.is_file() and BENCH.is_file()), reason="llama.cpp is not built here: make llama"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("llama") / "tiny.gguf"
    write_model(path)
    return path


@pytest.fixture(scope="module")
def url(model: Path) -> Iterator[str]:
    server = [SERVER, "-m", model, "--host", "127.0.0.1",
              "-np", "4", "-c", "8192", "-t", "1", "--no-webui", "--port"]  # fmt: skip
    with serving(server, ready="/health", within_s=60, log=model.with_name("log")) as address:
        yield address


@pytest.mark.parametrize("load", [("--closed", "2"), ("--rate", "5")])
def test_a_real_server_is_measured(load: tuple[str, ...], url: str, tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    run = CliRunner().invoke(
        main,
        ["bench", url, "--model", "tiny", "--precision", "fp32", "--stack", "llama.cpp", *load,
         "--seconds", "1.5", "--warm-up", "0.5", "--input-tokens", "200", "--output-tokens", "16",
         "--seed", "3", "--output", str(file)],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    record = json.loads(file.read_text())
    assert record["requests"] > 3
    assert not any(record["unanswered"].values())
    assert record["output_tokens"] == 16
    assert record["input_tokens"] == pytest.approx(200, rel=0.1)
    assert 0 < record["time_per_output_token_ms"] < record["request_ms"]
    assert record["time_to_first_token_ms"] <= record["request_ms"]


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "md", "sql"])
def test_what_llama_bench_prints_is_read(form: str, model: Path, tmp_path: Path) -> None:
    printed, file = tmp_path / f"printed.{form}", tmp_path / "record.json"
    ran = [BENCH, "-m", model, "-p", "64", "-n", "16", "-r", "2", "-t", "1", "-o", form]
    with printed.open("w") as stdout:
        subprocess.run(ran, check=True, stdout=stdout, stderr=subprocess.DEVNULL)
    run = CliRunner().invoke(
        main,
        ["bench", "--from", str(printed), "--model", "tiny", "--machine", "g5.xlarge",
         "--precision", "fp32", "--stack", "llama.cpp", "--output", str(file)],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    record = json.loads(file.read_text())
    assert (record["input_tokens"], record["output_tokens"]) == (64, 16)
    assert 0 < record["time_per_output_token_ms"] < record["time_to_first_token_ms"] < 1e3
    assert record["tool"].startswith("llama-bench ")
