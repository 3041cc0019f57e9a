"""How long a replica takes until it serves, by what it loads and by the hosting; and time-outs.

Boot and loading speed are rows of starts.csv, all assumed: nobody publishes them.
"""

from __future__ import annotations

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import HostingStart

BOOT_S, LOAD_BYTES_S = 240.0, 0.3e9
"""From asking for a machine to its container running, and how fast weights load (assumed)."""
SLOWEST_DOWNLOAD_BYTES_S = 100e6
"""What a managed service reads from a bucket at the least (assumed)."""
WARM_UP_S = 300.0
"""From weights in memory to the first answer: graphs are captured and loaded (assumed)."""
DOUBT = 2.0
"""A time-out is so many times what is expected (design choice)."""


def start_of(catalogue: Catalogue, hosting: str) -> HostingStart:
    """How a hosting, by its name in hostings.csv, starts a replica: its row of starts.csv, or that
    of a machine of no known hosting."""
    return catalogue.once(_starts).get(hosting) or HostingStart(
        hosting=hosting,
        boot_s=BOOT_S,
        load_gb_s=LOAD_BYTES_S / 1e9,
        longest_s=None,
        basis="assumed",
        source="unpublished-starts",
    )


def _starts(catalogue: Catalogue) -> dict[str, HostingStart]:
    """The rows of starts.csv by hosting: a placement asks for each machine, and reads them once."""
    return {row.hosting: row for row in catalogue.table("starts", HostingStart)}


def start_s(artifact_bytes: float, start: HostingStart | None = None) -> float:
    """Seconds until a new replica serves: its boot, then its files at the hosting's speed.

    ``start`` left out is a machine of no known hosting.
    """
    if start is None:
        return BOOT_S + artifact_bytes / LOAD_BYTES_S
    return start.boot_s + artifact_bytes / (start.load_gb_s * 1e9)


def download_timeout_s(artifact_bytes: float) -> float:
    """Seconds after which bringing the model's files to a machine is given up: twice what 100 MB/s
    take, a minute at least."""
    return max(60.0, DOUBT * artifact_bytes / SLOWEST_DOWNLOAD_BYTES_S)


def load_timeout_s(artifact_bytes: float) -> float:
    """Seconds after which a container that does not answer yet is given up: twice what reading the
    files at 0.3 GB/s and 300 s more take."""
    return DOUBT * (artifact_bytes / LOAD_BYTES_S + WARM_UP_S)
