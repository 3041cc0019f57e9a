"""The engine over an emulated Google alone."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from sandbox.engine import ensure
from sandbox.google import plugin
from sandbox.google.cloud import GoogleCloud, emulated_google
from sandbox.world import STATES, World


@dataclass(frozen=True)
class GoogleWorld(World):
    """A place to deploy to on the emulated Google."""

    cloud: GoogleCloud  # type: ignore[assignment]


@contextmanager
def google_world() -> Iterator[GoogleWorld]:
    """An engine over an empty emulated Google; all of it is gone when the block ends."""
    engine = ensure()
    STATES.mkdir(exist_ok=True)
    state = Path(mkdtemp(dir=STATES))
    try:
        with emulated_google() as cloud:
            environment = engine.environment(state) | cloud.environment()
            plugin.install(Path(environment["PULUMI_HOME"]))
            environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
            yield GoogleWorld(engine, cloud, environment)
    finally:
        shutil.rmtree(state, ignore_errors=True)
