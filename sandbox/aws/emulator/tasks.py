"""The tasks of a service behind its load balancer: registered once they run, deregistered before
they end.

A rolling deployment never has fewer healthy tasks than minimumHealthyPercent of the desired ones
(rounded up), nor more than maximumPercent (rounded down); it starts new ones and ends old ones as
these two allow (ECS API, DeploymentConfiguration). A task is healthy as soon as it runs. Each step
takes a moment, in which requests are answered.
"""

import math
import time
from itertools import count
from typing import Any

from moto.ecs.models import Service
from moto.elbv2.models import elbv2_backends

_MOMENT_S = 0.05
_NUMBERS = count(1)


def scaled(service: Service) -> None:
    """As many tasks as are desired now."""
    now = _addresses(service)
    missing = int(service.desired_count) - len(now)
    _start(service, missing)
    _end(service, now[missing:] if missing < 0 else [])


def replaced(service: Service) -> None:
    """Tasks of a new revision in the place of those that run."""
    old = list(_addresses(service))
    desired, ours = int(service.desired_count), _addresses(service)
    percents = getattr(service, "deployment_configuration", None) or {}
    least = math.ceil(desired * percents.get("minimumHealthyPercent", 100) / 100)
    most = math.floor(desired * percents.get("maximumPercent", 200) / 100)
    new = 0
    while old or new < desired:
        started = max(0, min(desired - new, most - len(ours)))
        _start(service, started)
        new += started
        time.sleep(_MOMENT_S)
        ended = old[: max(0, len(ours) - least)]
        _end(service, ended)
        del old[: len(ended)]
        time.sleep(_MOMENT_S)


def ended(service: Service) -> None:
    """No task is left."""
    _end(service, list(_addresses(service)))


def _addresses(service: Service) -> list[str]:
    """Where the tasks of a service are."""
    found: list[str] = service.__dict__.setdefault("addresses", [])
    return found


def _start(service: Service, number: int) -> None:
    for _ in range(number):
        each = next(_NUMBERS)
        address = f"172.31.{each // 250 % 250}.{each % 250 + 1}"
        _addresses(service).append(address)
        for backend, balancer in _behind(service):
            target = {"Id": address, "Port": balancer["containerPort"]}
            backend.register_targets(balancer["targetGroupArn"], [target])


def _end(service: Service, addresses: list[str]) -> None:
    for address in addresses:
        for backend, balancer in _behind(service):
            backend.deregister_targets(balancer["targetGroupArn"], [{"Id": address}])
        _addresses(service).remove(address)


def _behind(service: Service) -> list[tuple[Any, dict[str, Any]]]:
    """The load balancers of a service whose targets are addresses, with their backend."""
    backend = elbv2_backends[service._account_id][service.region_name]
    return [
        (backend, balancer)
        for balancer in service.load_balancers
        if (group := backend.target_groups.get(balancer["targetGroupArn"]))
        and group.target_type == "ip"
    ]
