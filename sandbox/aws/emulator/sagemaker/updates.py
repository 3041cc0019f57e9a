"""An update of an endpoint under way: what is there at each step, and what takes it back.

Blue/green makes the whole new fleet beside the old one and then moves the traffic: at once, a
canary and then the rest, or step by step. Rolling makes a batch of new machines, gives it its share
of the traffic and watches it; then as many old ones end, and the next batch comes. An alarm that
rings while new machines are watched gives all traffic back to the old fleet. (SageMaker Developer
Guide, "Use canary traffic shifting", "Use linear traffic shifting", "Use rolling deployments"; API,
PendingDeploymentSummary, ProductionVariantStatus.)

Time does not pass here: an update goes one step on each time that somebody describes the endpoint.
One without a deployment configuration is not watched, and is over at once.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow
from moto.sagemaker.models import FakeEndpoint, SageMakerModelBackend

from sandbox.aws.capacity import size_of
from sandbox.aws.emulator.sagemaker import refused
from sandbox.aws.emulator.sagemaker.rollouts import ringing, watching

SHOWN: list[dict[str, Any]] = []
"""Of each update the endpoint, the steps that it took, and how it ended."""

RINGS: dict[tuple[str, str], int] = {}
"""Which alarm of a region rings as soon as new machines are watched for the so manieth time."""


@dataclass(frozen=True)
class Step:
    """A stage: which part of the new fleet is there, which of the old, and which share of the
    traffic the new one has."""

    status: str
    new: float
    old: float
    share: float


def _steps(deployment: dict[str, Any], machines: int) -> Iterator[Step]:
    if not deployment:
        return
    if rolling := deployment.get("RollingUpdatePolicy"):
        batch = size_of(rolling["MaximumBatchSize"], machines)
        for had in range(0, machines, batch):
            before, after = had / machines, min(had + batch, machines) / machines
            yield Step("Creating", before, 1 - before, before)
            yield Step("Baking", after, 1 - before, after)
        return
    policy = deployment.get("BlueGreenUpdatePolicy") or {}  # alarms alone watch all of it at once
    traffic = policy.get("TrafficRoutingConfiguration", {"Type": "ALL_AT_ONCE"})
    yield Step("Creating", 0, 1, 0)
    if traffic["Type"] == "CANARY":
        yield Step("Baking", 1, 1, size_of(traffic["CanarySize"], machines) / machines)
    elif traffic["Type"] == "LINEAR":
        step = size_of(traffic["LinearStepSize"], machines)
        for shifted in range(step, machines, step):
            yield Step("Baking", 1, 1, shifted / machines)
    yield Step("Baking", 1, 1, 1)


@dataclass
class Update:
    """An update under way. ``kept`` is what stays as it is, against the configuration, and
    ``failed`` why the new machines do not start."""

    backend: SageMakerModelBackend
    endpoint: FakeEndpoint
    configuration: dict[str, Any]
    deployment: dict[str, Any]
    kept: set[str]
    failed: str | None
    variants: list[dict[str, Any]] = field(init=False)
    steps: deque[Step] = field(init=False)
    before: list[dict[str, Any]] = field(init=False)
    shown: dict[str, Any] = field(init=False)
    began: datetime = field(default_factory=utcnow)
    watched: int = 0

    def __post_init__(self) -> None:
        self.before = [dict(each) for each in self.endpoint.production_variants]
        was = {each["VariantName"]: each for each in self.before}
        self.variants = self.endpoint._process_production_variants(
            self.configuration["ProductionVariants"]
        )
        for variant in self.variants:
            its = was.get(variant["VariantName"], {})
            variant |= {key: its[key] for key in self.kept & its.keys()}
        machines = max(each.get("CurrentInstanceCount", 1) for each in self.variants)
        self.steps = deque(_steps(self.deployment, machines))
        where = f"{self.backend.region_name}/{self.endpoint.endpoint_name}"
        self.shown = {"endpoint": where, "steps": [], "ended": None}
        SHOWN.append(self.shown)

    def go_on(self) -> None:
        """The next step; after the last the endpoint is in service."""
        if self.endpoint.endpoint_status == "RollingBack":
            self._end(self.before, "taken back")
        elif why := self.failed or self._rang():
            self.endpoint.endpoint_status = "RollingBack"
            self.endpoint.__dict__["failure_reason"] = why
        elif self.steps:
            self._take(self.steps.popleft())
        else:
            self.endpoint.endpoint_config_name = self.configuration["EndpointConfigName"]
            if "DataCaptureConfig" not in self.kept:
                self.endpoint.data_capture_config = self.configuration["DataCaptureConfig"]
            self._end(self.variants, "in service")

    def _rang(self) -> str:
        """Why it is taken back: an alarm rings while new machines are watched."""
        if not self.watched:
            return ""
        rang = ringing(self.backend, self.deployment)
        named = f"Rolled back: the following alarms are in ALARM state: [{', '.join(rang)}]."
        return named if rang else ""

    def _take(self, step: Step) -> None:
        def there(variants: list[dict[str, Any]], part: float) -> list[dict[str, Any]]:
            return [
                each | {"CurrentInstanceCount": round(part * each["CurrentInstanceCount"])}
                for each in variants
                if "CurrentInstanceCount" in each
            ]

        status = {"Status": step.status, "StartTime": utcnow()}
        new, old = there(self.variants, step.new), there(self.before, step.old)
        its, endpoint = self.endpoint.__dict__, self.endpoint
        endpoint.endpoint_status, endpoint.production_variants = "Updating", old
        its["pending_deployment_summary"] = {
            "EndpointConfigName": self.configuration["EndpointConfigName"],
            "StartTime": self.began,
            "ProductionVariants": [
                each
                | {"CurrentWeight": step.share * each.get("CurrentWeight", 1.0)}
                | {"VariantStatus": [status]}
                for each in new
            ],
        }
        machines = [each["CurrentInstanceCount"] for each in (*new, *old)]
        self.shown["steps"].append([step.status, *machines, round(step.share, 3)])
        if step.status == "Baking":
            self.watched += 1
            self._ring()

    def _ring(self) -> None:
        region = self.backend.region_name
        alarms = cloudwatch_backends[self.backend.account_id][region]
        for name in watching(self.deployment):
            if RINGS.get((region, name)) == self.watched:
                del RINGS[region, name]
                alarms.set_alarm_state(name, "the new machines fail", "{}", "ALARM")

    def _end(self, variants: list[dict[str, Any]], how: str) -> None:
        self.endpoint.production_variants = variants
        self.endpoint.endpoint_status, self.shown["ended"] = "InService", how
        self.endpoint.__dict__ |= {"pending_deployment_summary": None, "update": None}


def under_way(endpoint: FakeEndpoint) -> Update | None:
    """The update of an endpoint that is not over."""
    found: Update | None = endpoint.__dict__.get("update")
    return found


def check_idle(endpoint: FakeEndpoint) -> None:
    """Refuse a second update beside one that is under way."""
    if under_way(endpoint):
        raise refused(f"Cannot update in-progress endpoint {endpoint.arn}.")


def start(update: Update) -> None:
    """The endpoint is being updated from now on; without anything to watch it is over."""
    endpoint = update.endpoint
    endpoint.__dict__["update"], endpoint.endpoint_status = update, "Updating"
    while not update.deployment and under_way(endpoint):
        update.go_on()
