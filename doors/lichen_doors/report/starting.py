"""What ``lichen init`` wrote, for programs."""

from __future__ import annotations

import msgspec

from lichen.workload import Workload


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """``lichen init --format json``: the file, its workload, and the fields with a placeholder."""

    file: str
    workload: Workload
    unread: tuple[str, ...]
