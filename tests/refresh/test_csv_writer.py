"""Tables are written whole or not at all, and always in the same form."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest

from derive.csv_writer import cell, write_rows
from lichen.catalogue import DIRECTORY, Catalogue
from lichen.catalogue.schema import Source, path_of
from lichen.whole_file import write_whole
from refresh.draft import ROWS, Draft, with_sources


@pytest.mark.parametrize("table", ROWS)
def test_the_tables_stand_in_the_form_that_refreshes_write(table: str, tmp_path: Path) -> None:
    draft = Draft()
    draft.rows(table, ROWS[table])
    written = tmp_path / f"{table}.csv"
    write_rows(written, draft._ordered(table), ROWS[table])
    assert written.read_text() == path_of(table, DIRECTORY).read_text()


def test_sources_stand_in_the_form_that_refreshes_write() -> None:
    text = (DIRECTORY / "sources.toml").read_text()
    assert with_sources(text, ()) == text
    assert with_sources(text, Catalogue().sources.values()) == text


def test_a_new_source_finds_its_place() -> None:
    source = Source(
        id="between", title='A "title"', publisher="P", where="W", version="1",
        fetched="2026-01-01", licence="L", used_for="U", max_age_days=30,
    )  # fmt: skip
    text = with_sources("# head\n\n[apple]\nx = 1\n\n[cherry]\nx = 2\n", [source])
    assert text.startswith('# head\n\n[apple]\nx = 1\n\n[between]\ntitle = "A \\"title\\""\n')
    assert text.endswith("max_age_days = 30\n\n[cherry]\nx = 2\n")


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, ""), (True, "yes"), (False, "no"), (3.0, "3"), (0.1, "0.1"), (("a", "b"), "a;b"),
     ((), ""), ("x", "x"), (2023, "2023")],
)  # fmt: skip
def test_cells(value: object, written: str) -> None:
    assert cell(value) == written


def test_killed_half_way_the_old_table_stands(tmp_path: Path) -> None:
    """A process is killed with the new table half written: the old one is there, whole."""
    table = tmp_path / "offers.csv"
    table.write_text("machine,region\nold,here\n")
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        import lichen.whole_file as whole_file

        def killed(descriptor):
            os.kill(os.getpid(), signal.SIGKILL)

        whole_file.os.fsync = killed  # the text is written, the rename is not done
        whole_file.write_whole(Path(sys.argv[1]), "machine,region\\n" + "new,there\\n" * 100_000)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(table)], cwd=Path(__file__).parents[2], check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert table.read_text() == "machine,region\nold,here\n"
    left = [path.name for path in tmp_path.iterdir() if path != table]
    assert len(left) == 1
    assert left[0].startswith(".offers.csv.")
    write_whole(table, "machine,region\nnew,there\n")
    assert table.read_text() == "machine,region\nnew,there\n"


def test_an_error_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    table = tmp_path / "offers.csv"
    table.write_text("old\n")
    with pytest.raises(OSError, match="No space left"):
        write_whole(table, "new\n")
    assert [path.name for path in tmp_path.iterdir()] == ["offers.csv"]
    assert table.read_text() == "old\n"


def test_interrupted_between_two_tables_each_is_whole_and_the_next_run_finishes(
    tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = Draft(tables)
    machines, prices = (draft.rows(name, ROWS[name]) for name in ("machines", "prices"))
    machines["c7g.xlarge",] = msgspec.structs.replace(machines["c7g.xlarge",], notes="seen")
    key = ("c7g.xlarge", "us-west-2", "ec2")
    prices[key] = msgspec.structs.replace(prices[key], usd_hour=9.0)
    placed: list[str] = []

    def dying(path: Path, text: str) -> None:
        if path.name == "prices.csv":
            raise KeyboardInterrupt
        placed.append(path.name)
        write_whole(path, text)

    with draft.staged() as staged, monkeypatch.context() as patched:
        patched.setattr("refresh.draft.write_whole", dying)
        with pytest.raises(KeyboardInterrupt):
            draft.put_in_place(staged)
    assert placed == ["machines.csv"]
    between = Catalogue(tables)
    assert between.machine("c7g.xlarge").notes == "seen"
    assert between.prices == Catalogue().prices
    with draft.staged() as staged:
        assert draft.put_in_place(staged) == ["prices.csv"]
    assert Catalogue(tables).price(*key).usd_hour == 9.0
    assert not staged.exists()
