"""``python -m tests.mutations [COUNT] [SEED]``: change real documents and judge each."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.mutations import tried


def main(count: int = 2_000, seed: str = "lichen") -> int:
    """How many answers are wrong; the files that they are of are kept."""
    folder = Path(tempfile.mkdtemp(prefix="lichen-mutations-"))
    began, wrong = time.monotonic(), 0
    for each in tried(count, seed, folder):
        if each is not None:
            wrong += 1
            print(f"{folder}/{each.number}*: {each.origin}, {each.mutation}: {each.because}")
    print(
        f"{count:,} files, {wrong} wrong answers, {time.monotonic() - began:.0f} s, seed {seed!r}"
    )
    return wrong


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(int(given[0]) if given else 2_000, *given[1:2]) > 0)
