"""What a deployment gives to a document that leaves it open."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class DeploymentInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment gives to its template, as far as the command line says it.

    ``exact`` refuses a parameter that the template does not declare, as CloudFormation does.
    """

    region: str | None = None
    parameters: Mapping[str, str] = {}
    exact: bool = False
