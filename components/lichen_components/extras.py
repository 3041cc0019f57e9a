"""What a deployment has beside what serves, on whichever cloud."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Bundle:
    """What a user gets to know of it; "" is what was not made.

    ``key`` is the full name of its key, ``parameter`` the name under which clients find what it is
    called now, ``dashboard`` an address, ``runbook`` what to do in the cases that happen.
    """

    key: pulumi.Output[str]
    parameter: pulumi.Output[str]
    dashboard: pulumi.Output[str]
    runbook: pulumi.Output[str]


def no_bundle() -> Bundle:
    """Of what has none."""
    nothing: pulumi.Output[str] = pulumi.Output.from_input("")
    return Bundle(nothing, nothing, nothing, nothing)
