"""A finding that is accepted until a day: who owns it, why, who approved it, and until when."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from fnmatch import fnmatchcase

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
        return self.rule in (rule, "*") and any(fnmatchcase(name, self.resource) for name in names)

    def has_expired(self, today: datetime.date) -> bool:
        return today > self.expires

    @property
    def text(self) -> str:
        return (
            f"exempted until {self.expires.isoformat()} by {self.approver} for {self.owner}: "
            f"{self.reason}"
        )


def covering(exemptions: Iterable[Exemption], rule: str, *names: str) -> Exemption | None:
    """The exemption of a rule on a resource that holds longest; it may have expired."""
    covers = (exemption for exemption in exemptions if exemption.covers(rule, *names))
    return max(covers, key=lambda exemption: exemption.expires, default=None)
