"""What is kept of the readers' declarations is what their files declare, today's and no older."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lichen_policies import kept
from lichen_policies.facts import UNKNOWN, Resource, readers, reading
from lichen_policies.facts.reader_index import DeclaredReader, declared
from lichen_policies.gate import Gate
from lichen_policies.registry import rules

LAMP = """
from lichen_policies.facts.kinds import Located

CLOUD = "aws"
TYPES = {"pulumi": ("aws:x/lamp:Lamp",)}
FACTS = (Located,)


def read(properties, context):
    yield Located(region_at=properties.at("region"))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with one reader, in place of the package's."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(readers, "__path__", [str(tmp_path)])
    (tmp_path / "lamp.py").write_text(LAMP)
    reading.by_type.cache_clear()
    forget()
    yield tmp_path
    reading.by_type.cache_clear()
    forget()


def forget() -> None:
    """Leave Python's own memory of the module behind, as a new process does."""
    sys.modules.pop(f"{readers.__name__}.lamp", None)
    importlib.invalidate_caches()


def of(folder: Path) -> tuple[DeclaredReader, ...]:
    return declared([str(folder)], readers.__name__)


def test_it_has_what_every_file_declares() -> None:
    every = {each.module: each for each in declared(readers.__path__, readers.__name__)}
    found = set()
    for info in pkgutil.walk_packages(readers.__path__, f"{readers.__name__}."):
        module = importlib.import_module(info.name)
        if not hasattr(module, "TYPES"):
            continue
        found.add(info.name)
        each = every[info.name]
        assert (each.cloud, each.types, each.kinds()) == (module.CLOUD, module.TYPES, module.FACTS)
        assert each.completes == hasattr(module, "complete")
    assert set(every) == found


def test_what_is_kept_is_read_without_an_import(folder: Path) -> None:
    first = of(folder)
    forget()
    assert of(folder) == first
    assert f"{readers.__name__}.lamp" not in sys.modules


def test_a_file_of_another_content_is_read_anew_whatever_its_date(folder: Path) -> None:
    file = folder / "lamp.py"
    of(folder)
    before = file.stat()
    file.write_text(LAMP.replace("x/lamp", "y/lamp"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    (folder / "__pycache__" / f"lamp.{sys.implementation.cache_tag}.pyc").unlink()  # dated alike
    forget()
    assert of(folder)[0].types == {"pulumi": ("aws:y/lamp:Lamp",)}


@pytest.mark.parametrize("content", [b"", b"half", b"\x00" * 40])
def test_a_copy_that_is_not_whole_is_not_believed(folder: Path, content: bytes) -> None:
    first = of(folder)
    copy = folder / "__pycache__" / "readers.kept"
    copy.write_bytes(copy.read_bytes()[:4] + content)
    assert of(folder) == first


def test_a_folder_that_cannot_be_written_is_read_each_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(kept, "write_whole", refuses)
    assert of(folder)[0].cloud == "aws"
    assert not (folder / "__pycache__" / "readers.kept").exists()


def test_a_reader_that_fails_when_it_is_needed_blocks_what_judges_its_facts(folder: Path) -> None:
    """What it was known to declare does not make it pass."""
    of(folder)
    forget()
    sys.modules[f"{readers.__name__}.lamp"] = None  # type: ignore[assignment]
    lamp = Resource(
        type="aws:x/lamp:Lamp",
        name="lamp",
        address="lamp",
        properties={"region": UNKNOWN},
        dialect="pulumi",
        environment="prod",
    )
    verdicts = {each.rule: each for each in Gate.near(folder).judge(lamp) or ()}
    dirty = verdicts["dirty-region"]
    assert (dirty.verdict, dirty.broken, dirty.level) == ("unverified", True, "mandatory")
    assert "the reader failed with ModuleNotFoundError" in dirty.message
    assert {name for name, each in verdicts.items() if each.broken} <= set(rules())


def test_a_reader_that_another_thread_imports_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slow_reader.py").write_text("import time\ntime.sleep(0.2)\ndef read(): return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    read = reading._function("slow_reader", "read")
    with ThreadPoolExecutor(3) as threads:
        assert [each.result() for each in [threads.submit(read) for _ in range(3)]] == [1, 1, 1]
