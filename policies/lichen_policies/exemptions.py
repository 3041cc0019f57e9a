"""A finding that is accepted until a day: who owns it, why, who approved it, and until when."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec


class Exemption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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

    def covers(self, rule: str, *names: str) -> bool:
        return self.rule in (rule, "*") and self.matches(*names)

    def matches(self, *names: str) -> bool:
        """Whether one of a resource's names, its address or its own, is as the pattern says."""
        pattern = _pattern(self.resource)
        return any(pattern.fullmatch(name) for name in names)

    def has_expired(self, today: datetime.date) -> bool:
        return today > self.expires

    @property
    def text(self) -> str:
        return (
            f"exempted until {self.expires.isoformat()} by {self.approver} for {self.owner}: "
            f"{self.reason}"
        )


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    """Only ``*`` and ``?`` are special: an address with ``[0]`` is a pattern of itself."""
    special = {"*": ".*", "?": "."}
    return re.compile("".join(special.get(each) or re.escape(each) for each in text), re.DOTALL)


def covering(exemptions: Iterable[Exemption], rule: str, *names: str) -> Exemption | None:
    """The exemption of a rule on a resource that holds longest; it may have expired."""
    covers = (exemption for exemption in exemptions if exemption.covers(rule, *names))
    return max(covers, key=lambda exemption: exemption.expires, default=None)
