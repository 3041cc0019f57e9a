"""What every test may use: golden files, which hold what is printed, and Terraform's plans."""

from __future__ import annotations

import difflib
import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from google.rpc import status_pb2

from lichen.catalogue import tables
from tests.fixed import FIXED
from tests.terraform import engine

# Pulumi brings Google's `google.rpc.Status` once more, under another file's name, and one process
# takes it once: in the tests, which load both libraries, Pulumi has Google's.
sys.modules["pulumi.runtime.proto.status_pb2"] = status_pb2

if TYPE_CHECKING:
    from sandbox.world import World

ARTIFACT_REGIONS = ("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-3", "us-east-1")
"""Where the artefacts of test programs lie, in the buckets `models-{region}`."""

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-golden",
        action="store_true",
        help="write what is printed now into tests/golden; read the difference before committing",
    )


@pytest.fixture(autouse=True)
def searched_for_garbage() -> Iterator[None]:
    """Python searches all objects for garbage again: a command keeps its own out, since its process
    ends."""
    yield
    gc.unfreeze()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """``golden("check/wasteful.txt", printed)``: fails where the two differ, telling how."""

    def holds(name: str, printed: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--renew-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(printed, encoding="utf-8")
            return
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        if printed != expected:
            lines = difflib.unified_diff(
                expected.splitlines(),
                printed.splitlines(),
                f"tests/golden/{name}",
                "now",
                lineterm="",
            )
            pytest.fail(
                "\n".join(lines) + "\nIf this is meant: pytest --renew-golden", pytrace=False
            )

    return holds


@pytest.fixture
def fixed_tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command's installed tables are the fixed ones, which no refresh changes."""
    monkeypatch.setattr(tables, "DIRECTORY", FIXED)
    tables._load.cache_clear()
    yield
    tables._load.cache_clear()


@pytest.fixture(scope="session")
def terraform_plan(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """``terraform_plan("wasteful")``: tests/terraform/stacks/wasteful planned, as a JSON file.

    A stack is planned once a session, however many workers run it.
    """
    session = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        session = session.parent

    def plan(stack: str) -> Path:
        return engine.planned_once(engine.STACKS / stack, engine.from_pypi(), session / "terraform")

    return plan


@pytest.fixture(scope="module")
def place() -> Iterator[World]:
    """A Pulumi engine over an emulated AWS; programs find the project's packages."""
    from sandbox.world import ROOT, World, world  # most tests need no engine

    with world() as place:
        for folder in ("it", "it/2", "next"):
            for name in ("", "model.tar.gz"):
                place.cloud.upload(f"s3://models-{{region}}/{folder}/{name}", *ARTIFACT_REGIONS)
        roots = os.pathsep.join(str(ROOT / part) for part in (".", "policies", "components"))
        yield World(place.engine, place.cloud, {**place.environment, "PYTHONPATH": roots})
