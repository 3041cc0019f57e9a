"""`lichen bench`: the record's file, bad servers in a sentence, Ctrl-C, and no secret anywhere."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_practices.bench import endpoint

from tests.practices.bench.server import Behaviour, Server, serving

SCHEMA = Path(__file__).parents[3] / "docs" / "schemas" / "bench.json"
ABOUT = ("--model", "tiny", "--precision", "bf16", "--machine", "g5.xlarge")
QUICK = ("--closed", "2", "--seconds", "0.3", "--warm-up", "0", "--requests", "6")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def bench(*arguments: str, json_form: bool = False) -> Result:
    form = ("--format", "json") if json_form else ()
    return CliRunner().invoke(main, ["bench", *arguments, *form])


def test_a_server_is_measured_and_no_secret_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "s3cret-of-mine")
    with serving(Server()) as server:
        run = bench(
            server.url, *ABOUT, *QUICK, "--header", "Authorization: Bearer $KEY",
            "--output", "record.json", json_form=True,
        )  # fmt: skip
    assert run.exit_code == 0, run.stderr
    answer = json.loads(run.stdout)
    record = json.loads((tmp_path / "record.json").read_text())
    assert answer["records"] == [record]
    jsonschema.validate(answer, json.loads(SCHEMA.read_text()))
    assert record["requests"] >= 6
    assert record["loop"] == "closed"
    assert any("authorization: bearer s3cret-of-mine" in head.lower() for head in server.headers)
    assert "s3cret" not in run.output + (tmp_path / "record.json").read_text()
    assert list(tmp_path.iterdir()) == [tmp_path / "record.json"]


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        ("error", "the server answered 500"),
        ("locked", "--header 'Authorization"),
        ("garbage", "lines that are no server-sent events"),
        ("cut", "closed the connection in the middle of an answer"),
        ("hang", "no whole answer in 0.5 s"),
    ],
)
def test_a_bad_server_is_a_sentence(
    behaviour: Behaviour, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "PROBE_S", 0.5)
    with serving(Server(behaviour)) as server:
        run = bench(server.url, *ABOUT, *QUICK, "--timeout", "0.5")
    assert run.exit_code == 2
    assert says in run.stderr
    assert "Traceback" not in run.output
    assert not list(tmp_path.iterdir())


def test_an_absent_server_is_a_sentence() -> None:
    run = bench("http://127.0.0.1:9", *ABOUT, *QUICK)
    assert run.exit_code == 2
    assert "nothing answers at this address" in run.stderr


def test_no_record_is_written_over(tmp_path: Path) -> None:
    about = ("--model", "tiny", "--precision", "bf16", *QUICK)
    with serving(Server()) as server:
        for machine in ("g5.xlarge", "g5.xlarge", "g6.xlarge"):
            run = bench(server.url, *about, "--machine", machine)
            assert run.exit_code == 0, run.output
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "benchmark-tiny-g5.xlarge-closed-2-2.json",
        "benchmark-tiny-g5.xlarge-closed-2.json",
        "benchmark-tiny-g6.xlarge-closed-2.json",
    ]


def test_embeddings_and_any_other_request(tmp_path: Path) -> None:
    template = tmp_path / "request.json"
    template.write_text('{"instances": [{"text": "{prompt}"}]}')
    with serving(Server("embeddings")) as server:
        tei = bench(server.url, *ABOUT, *QUICK, "--protocol", "tei", "--output", "tei.json")
        any_other = bench(
            f"{server.url}/predict",
            *ABOUT,
            *QUICK,
            "--template",
            str(template),
            "--output",
            "o.json",
        )
    assert tei.exit_code == any_other.exit_code == 0, tei.output + any_other.output
    assert {"inputs", "instances"} <= {key for body in server.seen for key in body}
    assert all("{prompt}" not in json.dumps(body) for body in server.seen)
    record = json.loads((tmp_path / "o.json").read_text())
    assert record["time_to_first_token_ms"] is None
    assert record["request_ms"] > 0


def test_an_interrupt_keeps_what_was_measured(tmp_path: Path) -> None:
    with serving(Server(first_s=0.05)) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "lichen_doors.command", "bench", server.url, *ABOUT,
             "--closed", "2", "--seconds", "600", "--warm-up", "0", "--output", "r.json"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while len(server.seen) < 8 and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    record: dict[str, Any] = json.loads((tmp_path / "r.json").read_text())
    assert record["interrupted"] is True
    assert record["requests"] >= 1
    assert "It was stopped before its time: it was interrupted." in record["notes"]
    assert "stopped before its time" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("http://127.0.0.1:9", "--model", "x", "--closed", "1"), "does not know the model"),
        (("http://127.0.0.1:9", *ABOUT[:-1], "no-such", "--closed", "1"), "not a machine of the"),
        (("ftp://x", *ABOUT, "--closed", "1"), "not the address of an endpoint"),
        (("http://127.0.0.1:9", *ABOUT, "--rate", "peak"), "is of a workload"),
        (("http://127.0.0.1:9", *ABOUT), "say how to load"),
        (("http://127.0.0.1:9", *ABOUT, "--rate", "banana"), "banana is not a rate above 0"),
        (("http://127.0.0.1:9", "--from", __file__), "two ways to a record: give one"),
        (("http://127.0.0.1:9", *ABOUT, "--closed", "1", "--header", "x: $NO_SUCH"), "is not set"),
    ],
)
def test_a_wrong_option_is_a_sentence(arguments: tuple[str, ...], says: str) -> None:
    run = bench(*arguments)
    assert run.exit_code == 2
    assert says in " ".join(run.stderr.split())


def test_a_server_that_says_too_much_of_itself_is_left() -> None:
    class Endless(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):  # until the client has enough
                while True:
                    self.wfile.write(b"x" * 65_536)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        run = bench(f"http://127.0.0.1:{server.server_port}", *ABOUT, *QUICK)
        server.shutdown()
        thread.join()
    assert run.exit_code == 2
    assert "more than a server of models says of itself" in run.stderr


def test_only_a_record_is_written_over(tmp_path: Path) -> None:
    record, other = tmp_path / "record.json", tmp_path / "other.json"
    other.write_text('{"compilerOptions": {}}\n')
    with serving(Server()) as server:
        for _ in range(2):
            again = bench(server.url, *ABOUT, *QUICK, "--output", str(record))
            assert again.exit_code == 0, again.output
        asked = len(server.headers)
        refused = bench(server.url, *ABOUT, *QUICK, "--output", str(other))
        assert len(server.headers) == asked
    assert refused.exit_code == 2
    said = f"--output: {other} is no benchmark record, and would be lost"
    assert said in " ".join(refused.stderr.split())
    assert other.read_text() == '{"compilerOptions": {}}\n'
