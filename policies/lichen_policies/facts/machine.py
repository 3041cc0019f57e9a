"""What a machine's name says by itself, before any catalogue is asked."""

from __future__ import annotations

import re
from typing import Any

from lichen.passport import Passport
from lichen_policies.facts.unknown import is_unknown

# AWS: families p, g (not Graviton's c7g or m7g), inf, trn, dl, vt.
# Google: a2, a3, a4, g2, g4, ct, tpu.
_ACCELERATED = re.compile(r"^(?:(?:p|g|inf|trn|dl|vt)\d|a[2-9]x?-|ct\d|tpu)")


def bare(name: Any) -> Any:
    """The catalogue's name of a machine: ``inf2.xlarge`` of SageMaker's ``ml.inf2.xlarge``.

    Of a Google path it is the last part; None and unknown stay as they are.
    """
    if name is None or is_unknown(name):
        return name
    return name.rsplit("/", 1)[-1].removeprefix("ml.")


def names_accelerators(machine: str) -> bool:
    """Whether a machine's family is one that carries accelerators, by its name alone."""
    return bool(_ACCELERATED.match(machine))


def serves(about: dict[str, Any], *machines: Any) -> bool:
    """Whether machines are plainly there for models: a passport says so, or their accelerators.

    General machines are nobody's business here, so where neither is known the answer is no.
    """
    if isinstance(about["passport"], Passport):
        return True
    return any(isinstance(machine, str) and names_accelerators(machine) for machine in machines)
