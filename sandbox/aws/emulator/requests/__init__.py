"""What AWS's documents say that a request may not be, beyond the model of its operation.

One module a service, named as botocore names it; its CHECKS are by operation. moto takes these
requests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sandbox.aws.emulator.extensions import Refusal


@dataclass(frozen=True)
class Request:
    """A request's parameters, as the model of its operation has them, and where it was sent."""

    given: Mapping[str, Any]
    account: str
    region: str

    def __getitem__(self, name: str) -> Any:
        """A parameter; None where it was left out."""
        return self.given.get(name)


Check = Callable[[Request], None]
"""Raises a `Refusal` of what AWS refuses."""

_LOADED: dict[str, Mapping[str, Check]] = {}


def check(service: str, operation: str, request: Request) -> None:
    """Ask the check of an operation, where there is one."""
    if service not in _LOADED:
        name = f"{__name__}.{service.replace('-', '_').replace('lambda', 'awslambda')}"
        _LOADED[service] = import_module(name).CHECKS if find_spec(name) else {}
    its = _LOADED[service].get(operation)
    if its is not None:
        its(request)


def refuse(code: str, *rules: tuple[Any, str]) -> None:
    """Refuse by the first of these rules that is broken: a rule is what is wrong, and its words."""
    for broken, message in rules:
        if broken:
            raise Refusal(code, message)
