"""A real llama.cpp server with a tiny model made on the spot: `make test-bench` builds it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from lichen_doors.command import main

from sandbox.llama import SERVER
from sandbox.llama.model import write_model
from sandbox.serving import serving

pytestmark = pytest.mark.skipif(
    not SERVER.is_file(), reason="llama.cpp's server is not built here: make llama"
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("llama")
    write_model(folder / "tiny.gguf")
    server = [SERVER, "-m", folder / "tiny.gguf", "--host", "127.0.0.1",
              "-np", "4", "-c", "8192", "-t", "1", "--no-webui", "--port"]  # fmt: skip
    with serving(server, ready="/health", within_s=60, log=folder / "log") as address:
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
