"""What a load balancer answers: it forwards to a registered, healthy target, or has none.

(Elastic Load Balancing User Guide, "Target groups for your Application Load Balancers": a load
balancer without a healthy target answers 503; one that is gone has no address.)
"""

from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.elbv2.models import ELBv2Backend, elbv2_backends

GONE, NOBODY, ANSWERED = "404 Not Found", "503 Service Unavailable", "200 OK"


def answer_of(region: str, host: str) -> tuple[str, list[str]]:
    """The status of a request to a balancer's host, and which targets may answer it."""
    backend = elbv2_backends[DEFAULT_ACCOUNT_ID][region]
    balancer = next((one for one in backend.load_balancers.values() if one.dns_name == host), None)
    if balancer is None:
        return GONE, []
    there = [
        health.instance_id
        for listener in list(balancer.listeners.values())
        for action in listener.default_actions
        for group in _groups(action)
        for health in _healths(backend, group)
        if health.status == "healthy"
    ]
    return (ANSWERED if there else NOBODY), sorted(there)


def _groups(action: Any) -> list[str]:
    """The target groups that an action of a listener forwards to."""
    data = action.data
    several = ((data.get("ForwardConfig") or {}).get("TargetGroups")) or []
    named = [one["TargetGroupArn"] for one in several] or [data.get("TargetGroupArn")]
    return [arn for arn in named if arn]


def _healths(backend: ELBv2Backend, group: str) -> list[Any]:
    if group not in backend.target_groups:
        return []
    return list(backend.describe_target_health(group, []))
