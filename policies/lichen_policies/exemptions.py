"""A finding that is accepted until a day: who owns it, why, who approved it, and until when.

Most are rows of ``lichen.yaml``. One may also be written beside the resource that it covers, in a
tag, a label, an annotation or a comment (:mod:`lichen_policies.beside`).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec


class ExemptionRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of ``exemptions:``.

    ``resource`` is a pattern (``*``, ``?``) over a resource's address or name; ``expires`` is the
    last day that it holds.
    """

    rule: str
    resource: str
    owner: str
    reason: str
    approver: str
    expires: datetime.date


class Exemption(msgspec.Struct, frozen=True, kw_only=True):
    """An exemption, and ``where`` it is written: a file's path, a tag's key, a comment's line.

    ``approver`` is empty for one beside a resource: whoever reviews the resource approves it.
    """

    rule: str
    resource: str
    owner: str
    reason: str
    expires: datetime.date
    approver: str = ""
    where: str = ""

    @property
    def beside(self) -> bool:
        """Whether it is written beside the resource."""
        return not self.approver

    def covers(self, rule: str, *names: str) -> bool:
        return self.rule in (rule, "*") and self.matches(*names)

    def matches(self, *names: str) -> bool:
        """Whether one of a resource's names, its address or its own, is as the pattern says."""
        if self.beside:
            return self.resource in names
        pattern = _pattern(self.resource)
        return any(pattern.fullmatch(name) for name in names)

    @property
    def ended(self) -> str:
        """That it is past its last day, in words without a full stop."""
        of = "every rule" if self.rule == "*" else self.rule
        return f"the exemption of {of} ({self.where}), for {self.owner}, ended on {self.expires}"

    def has_expired(self, today: datetime.date) -> bool:
        return today > self.expires

    @property
    def text(self) -> str:
        by = f"by {self.approver}" if self.approver else f"beside the resource ({self.where})"
        return f"exempted until {self.expires.isoformat()} {by} for {self.owner}: {self.reason}"


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    """Only ``*`` and ``?`` are special: an address with ``[0]`` is a pattern of itself."""
    special = {"*": ".*", "?": "."}
    return re.compile("".join(special.get(each) or re.escape(each) for each in text), re.DOTALL)


def covering(exemptions: Iterable[Exemption], rule: str, *names: str) -> Exemption | None:
    """The exemption of a rule on a resource that holds longest; it may have expired."""
    covers = (exemption for exemption in exemptions if exemption.covers(rule, *names))
    return max(covers, key=lambda exemption: exemption.expires, default=None)
