"""Tables are read as they stand in CSV, fast by a copy that never wins over them, or refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, get_args, get_origin

import msgspec
import pytest
from msgspec.structs import fields

from lichen.catalogue import DIRECTORY, Catalogue, load, row_counts
from lichen.catalogue.csv_table import ENDS, end_of, options_of, read_rows
from lichen.catalogue.schema import MEASURED, QUOTAS, SOURCES, TABLES, Residency, Table, path_of
from lichen.catalogue.tables import ByName
from lichen.document import InputError


@pytest.fixture
def small(tables: Path) -> Path:
    """The same with offers of one machine, for tests that parse them."""
    for name in ("offers", "prices"):
        keep(
            tables / "published" / f"{name}.csv",
            lambda line: line.startswith(("machine,", "inf2.xlarge,")),
        )
    return tables


def keep(path: Path, wanted: Callable[[str], bool]) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if wanted(line)))
    row_counts.record(path.parents[1])


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def touch_all(catalogue: Catalogue) -> None:
    _ = catalogue.regions, catalogue.chips, catalogue.machines, catalogue.models
    _ = catalogue.offers, catalogue.residency, catalogue.sources, catalogue.hostings
    _ = catalogue.prices


def test_the_copy_holds_what_the_tables_hold(tables: Path) -> None:
    first = Catalogue(tables)
    touch_all(first)
    assert (tables / ".compiled" / "offers.msgpack").exists()
    again = Catalogue(tables)
    installed = load()
    for name in ("regions", "chips", "machines", "models", "hostings", "prices"):
        assert getattr(again, name) == getattr(first, name) == getattr(installed, name)
    assert again.offers == first.offers == installed.offers
    assert sum(1 for _ in (tables / "published" / "offers.csv").open()) - 1 == len(again.offers)


def test_a_copy_never_wins_over_a_changed_table(small: Path) -> None:
    assert Catalogue(small).region("us-west-2").pue == 1.12
    change(small / "published" / "regions.csv", ",1.12,2024,region,rtc", ",1.99,2024,region,rtc")
    spoiled = [r.name for r in Catalogue(small).regions.values() if r.pue == 1.99]
    assert len(spoiled) == 1


def test_a_copy_of_another_type_is_made_anew(small: Path) -> None:
    class Now(msgspec.Struct, frozen=True):
        residency: str
        country: str
        source: str

    class Before(Now, frozen=True):
        source: str | None  # type: ignore[assignment]

    assert isinstance(Catalogue(small).table("residency", Before)[0], Before)
    assert isinstance(Catalogue(small).table("residency", Now)[0], Now)


def test_a_spoiled_copy_is_made_anew(small: Path) -> None:
    touch_all(Catalogue(small))
    copy = small / ".compiled" / "chips.msgpack"
    whole = copy.read_bytes()
    middle = len(whole) // 2
    for spoiled in (
        b"\0\0\0\0" + whole[4:],
        whole[:-100],
        whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        whole[:6],
        b"",
    ):
        copy.write_bytes(spoiled)
        assert Catalogue(small).chips == load().chips
        assert copy.read_bytes() == whole


def test_a_directory_that_cannot_be_written_is_still_read(small: Path) -> None:
    (small / ".compiled").write_text("not a directory")
    assert Catalogue(small).chips == load().chips
    assert len(Catalogue(small).offers) == len(load().offers_of("inf2.xlarge"))


def test_offers_of_one_machine_do_not_decode_the_others() -> None:
    catalogue = Catalogue()
    mine = catalogue.offers_of("inf2.xlarge")
    assert {offer.machine for offer in mine} == {"inf2.xlarge"}
    assert catalogue.price("inf2.xlarge", "us-west-2", "ec2") is not None
    assert catalogue._offers.rows.decoded == {"inf2.xlarge"}
    assert catalogue._prices.rows.decoded == {"inf2.xlarge"}
    assert catalogue.offers_of("no-such-machine") == ()


def test_a_machine_does_not_decode_the_others() -> None:
    catalogue = Catalogue()
    machine = catalogue.machine("ml.inf2.xlarge")
    assert machine.name == "inf2.xlarge"
    assert catalogue.machine("inf2.xlarge") is machine
    assert catalogue.hosts("sagemaker", machine)
    assert "no-such-machine" not in catalogue.machines
    assert catalogue.machines.get("no-such-machine") is None
    rows = catalogue.machines
    assert isinstance(rows, ByName)
    assert rows.decoded == {"inf2.xlarge"}


def test_rows_by_name_are_those_of_the_table_in_its_order() -> None:
    catalogue = Catalogue()
    machines = catalogue.machines
    _ = machines["inf2.xlarge"]  # decoded before the others, it keeps its place
    table = catalogue._join_machines()
    assert list(machines.values()) == table
    assert list(machines.items()) == [(row.name, row) for row in table]
    assert list(machines) == [row.name for row in table]
    assert len(machines) == len(table)


def test_a_hosting_that_no_machine_names_offers_what_its_base_offers() -> None:
    catalogue = Catalogue()
    machines = catalogue.machines.values()
    named = {name for machine in machines for name in machine.hostings}
    unnamed = catalogue.hostings.keys() - named
    assert named
    assert unnamed
    for hosting, row in catalogue.hostings.items():
        way = hosting if hosting in named else row.base
        for machine in machines:
            assert catalogue.hosts(hosting, machine) is (way in machine.hostings), hosting


def test_the_engine_alone_is_imported_and_nothing_is_read() -> None:
    program = (
        "import sys, lichen.catalogue as c; c.load(); "
        "heavy = {'csv', 'rich', 'click', 'boto3', 'httpx', 'lichen.catalogue.csv_table'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_names_are_looked_up_or_the_nearest_shown() -> None:
    catalogue = load()
    assert catalogue.machine("ml.inf2.xlarge") is catalogue.machine("inf2.xlarge")
    with pytest.raises(InputError, match=r"did you mean 'us-west-2'"):
        catalogue.region("us-wst-2")
    with pytest.raises(InputError, match=r"did you mean 'inf2\.xlarge'"):
        catalogue.machine("inf2.xlarg")
    with pytest.raises(InputError, match=r"machine: SageMaker does not offer 'ml\.g2-standard-4'"):
        catalogue.machine("ml.g2-standard-4")
    with pytest.raises(InputError, match=r"Llama-3\.1-8B"):
        catalogue.model("meta-llama/Llama-3.1-8b")


SPOILED = [
    (
        "regions.csv",
        "cloud,partition",
        "cluod,partition",
        "row 1: 'cluod' is not a column",
        "cloud",
    ),
    ("regions.csv", "cloud,partition", "partition", "row 1: column 'cloud' is missing", "add it"),
    ("regions.csv", "us-west-2,aws,", "us-west-2,", "has 19 cells, not 20", "a blank one"),
    ("chips.csv", ",tdp_basis,", ",tdp_bases,", "row 1: 'tdp_bases'", "did you mean 'tdp_basis'"),
    ("chips.csv", ",assumed,", ",gessed,", "'gessed' where one of measured", "assumed"),
    ("chips.csv", "90,130,175", "190,130,175", "tdp_w_low/likely/high", "three numbers in order"),
    ("machines.csv", "x86_64", "x86-64", "row 2, architecture: 'x86-64'", "x86_64"),
    ("machines.csv", ",4,x86_64,8,", ",4,x86_64,lots,", "memory_gib: 'lots'", "a number"),
    ("machines.csv", ",4,x86_64,8,", ",4,x86_64,nan,", "memory_gib: 'nan'", "a finite number"),
    ("readings.csv", ",2023,", ",2023.5,", "year: '2023.5'", "a whole number"),
    ("models.csv", "llm", "lm", "kind: 'lm' where one of llm", "encoder"),
    ("models.csv", ",8030000000,", ",-8030000000,", "parameters: '-8030000000'", "> 0"),
    ("residency.csv", "EU,AT,", "EU,BE,", "is in row", "keep one"),
    ("sources.toml", "publisher =", "publsher =", "'publsher' is not a field", "publisher"),
    ("regions.csv", ",electricity-maps,", ",electricty-maps,", "no location-average reading", ""),
]


@pytest.mark.parametrize(("file", "old", "new", "wrong", "fix"), SPOILED)
def test_a_misspelt_table_is_refused_with_its_place(
    small: Path, file: str, old: str, new: str, wrong: str, fix: str
) -> None:
    change(next(small.rglob(file)), old, new)
    with pytest.raises(InputError) as refused:
        touch_all(Catalogue(small))
    message = str(refused.value)
    assert message.startswith(f"{file}: "), message
    assert wrong in message
    assert fix in message


@pytest.mark.parametrize(
    "file", ["regions.csv", "chips.csv", "offers.csv", "prices.csv", "readings.csv"]
)
def test_a_table_cut_short_is_refused(small: Path, file: str) -> None:
    path = small / "published" / file
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 7])
    with pytest.raises(InputError, match=f"{file}.*cut short"):
        touch_all(Catalogue(small))


@pytest.mark.parametrize("table", sorted(row_counts.read(DIRECTORY).keys() - MEASURED))
def test_a_table_cut_at_a_row_s_border_is_refused(tables: Path, table: str) -> None:
    path = path_of(table, tables)
    text = path.read_text()
    kept = (
        text[: text.rindex("\n[") + 1] if table == SOURCES else text[: text[:-1].rindex("\n") + 1]
    )
    path.write_text(kept)
    catalogue = Catalogue(tables)
    with pytest.raises(InputError, match=rf"{path.name}: has \d+ rows, .* it is cut short"):
        _ = catalogue.sources if table == SOURCES else catalogue._read(table, TABLES[table].row)


def test_a_record_that_is_cut_or_missing_is_refused(tables: Path) -> None:
    record = tables / row_counts.FILE
    lines = record.read_text().splitlines(keepends=True)
    record.write_text("".join(line for line in lines if not line.startswith("regions,")))
    with pytest.raises(InputError, match=r"row_counts\.csv: it does not count regions\.csv"):
        _ = Catalogue(tables).regions
    record.unlink()
    with pytest.raises(InputError, match=r"row_counts\.csv: cannot be read"):
        _ = Catalogue(tables).regions


def test_a_row_may_be_added_before_the_record_is_renewed(tables: Path) -> None:
    residency = path_of("residency", tables)
    residency.write_text(residency.read_text() + "EU,ZZ,lichen\n")
    assert "ZZ" in {row.country for row in Catalogue(tables).table("residency", Residency)}


def number_columns(table: Table) -> list[str]:
    """The columns of a table that hold numbers, an own table's included."""
    found = []
    for field in fields(table.row):
        kind = next(each for each in options_of(field.type) if each is not type(None))
        kind = get_args(kind)[0] if get_origin(kind) is tuple else kind
        if end_of(kind) is not None:
            found += [f"{field.name}_{end}" for end in ENDS]
        elif (get_args(kind)[0] if get_origin(kind) is Annotated else kind) in (int, float):
            found.append(field.name)
    return [name for name in found if name not in table.joined - table.own_joined]


@pytest.mark.parametrize("table", [*TABLES.values(), QUOTAS], ids=lambda table: table.name)
@pytest.mark.parametrize("number", ["-9e300", "9e300"])
def test_every_number_of_every_table_has_a_range(tmp_path: Path, table: Table, number: str) -> None:
    path = tmp_path / f"{table.name}.csv"
    for column in number_columns(table):
        whole = str(int(float(number)))
        for cell in (number, whole):
            path.write_text(f"{column}\n{cell}\n")
            with pytest.raises(InputError, match=rf"row 2, {column}.*a .*number"):
                read_rows(path, table.row, joined=table.joined - table.own_joined, partial=True)


def test_an_empty_or_missing_table_is_refused(small: Path) -> None:
    chips = small / "published" / "chips.csv"
    chips.write_text(chips.read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match=r"chips\.csv: has no rows"):
        _ = Catalogue(small).chips
    chips.unlink()
    with pytest.raises(InputError, match=r"chips\.csv: cannot be read"):
        _ = Catalogue(small).chips
    chips.write_bytes(b"\xff\xfe\n")
    with pytest.raises(InputError, match=r"chips\.csv: is not UTF-8"):
        _ = Catalogue(small).chips
