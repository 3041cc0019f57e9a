"""A server that is started answers, and one that does not start is told with what it printed."""

from __future__ import annotations

import socket
import sys
import urllib.request
from pathlib import Path

import pytest

from sandbox.errors import ServerFailed
from sandbox.serving import free_ports, serving


def test_a_server_answers_as_long_as_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / "health").write_text("well")
    server = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", tmp_path]
    with (
        serving(server, ready="/health", within_s=60, log=tmp_path / "log") as address,
        urllib.request.urlopen(f"{address}/health") as answer,
    ):
        assert answer.read() == b"well"
    port = int(address.rpartition(":")[2])
    with socket.socket() as again:
        assert again.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize(
    ("program", "within_s", "why"),
    [
        ("raise SystemExit('no such model')", 60, r"ended with 1:\nno such model"),
        ("import time; time.sleep(60)", 1, "did not answer in 1 s"),
    ],
)
def test_one_that_does_not_start_is_told(
    tmp_path: Path, program: str, within_s: int, why: str
) -> None:
    command, log = [sys.executable, "-c", program], tmp_path / "log"
    with pytest.raises(ServerFailed, match=why), serving(command, within_s=within_s, log=log):
        pytest.fail("it serves")


def test_free_ports_are_different_ones() -> None:
    assert len(set(free_ports(3))) == 3
