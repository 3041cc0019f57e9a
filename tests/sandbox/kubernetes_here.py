"""A cluster for a file of tests, where a Kubernetes is built here; else they are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.kubernetes.build import NOT_BUILT, built
from sandbox.kubernetes.cluster import Cluster, cluster

needs_kubernetes = pytest.mark.skipif(built() is None, reason=NOT_BUILT)


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster without nodes."""
    program = built()
    assert program is not None
    with cluster(program) as started:
        yield started
