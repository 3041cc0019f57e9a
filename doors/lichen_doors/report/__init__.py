"""The only place that formats what the engine decided: text for a terminal, JSON for programs."""

from __future__ import annotations


def for_programs(value: object) -> str:
    """A value as JSON, indented."""
    import msgspec  # a report in text needs none of it

    return msgspec.json.format(msgspec.json.encode(value)).decode()
