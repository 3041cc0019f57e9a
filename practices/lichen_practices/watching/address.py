"""Addresses of buckets and databases, as they may be printed."""

from __future__ import annotations

import re


def without_secret(address: str) -> str:
    """An address without the name and the password in front of its host, without what is in the
    place of a port and is none, and without its query.

    Where a password may have an ``@`` or a ``?`` of its own, so that nobody can say where it ends,
    only the scheme is left. What is no address is as it is.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address
    if is_ambiguous(address):
        return f"{scheme}://..."
    before, at, after = rest.rpartition("@")
    named = after if at and (":" in before or "/" not in before) else rest
    host, slash, path = named.partition("?")[0].partition("/")
    if not re.fullmatch(r"(\[[^\]]*\]|[^:]*)(:\d+)?", host):
        host = host.partition(":")[0]
    return f"{scheme}://{host}{slash}{path}"


def is_ambiguous(address: str) -> bool:
    """Whether nobody can say where the password of an address ends."""
    rest = address.partition("://")[2]
    return "@" in rest.partition("?")[2] or (rest.count("@") > 1 and ":" in rest)
