"""Accelerators of a cluster, by the names that their device plugins give to its resources.

``devices.csv`` has the names that the plugins' own documents have, each with its source. A name
that nobody lists is an accelerator where its last word says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from lichen.catalogue import load
from lichen.catalogue.schema import Device

_SAYS_SO = re.compile(
    r"(?!(?:nvidia|amd)\.com/)[a-z0-9.-]+\.[a-z]+/[a-z0-9.-]*"
    r"(?:gpu|npu|xpu|mlu|gcu|dcu|accelerator)"
    r"|huawei\.com/Ascend\d+[A-Z]?\d?"
)
"""Names of which the last word is a kind of accelerator, and Huawei's, which are its products'."""


@cache
def devices() -> Mapping[str, Device]:
    """The resources that are listed, by name."""
    return {row.resource: row for row in load().table("devices", Device)}


def is_device(name: str) -> bool:
    """Whether a resource is an accelerator of a maker of which the catalogue has no chips."""
    row = devices().get(name)
    if row is not None:
        return not row.chip and row.counts != "amounts"
    return _SAYS_SO.fullmatch(name) is not None
