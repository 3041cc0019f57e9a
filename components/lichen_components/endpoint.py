"""The component that chooses: a workload in, a right-sized endpoint in a clean region out."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

import msgspec
import pulumi

from lichen.catalogue import Catalogue, load
from lichen.catalogue.schema import Machine
from lichen.document import InputError, did_you_mean
from lichen.placing.placement import NoPlacement, Placement, WhyUnmade, model_card, place
from lichen.sizing import Sizing
from lichen.words import Objective
from lichen.workload import ModelCard, as_workload
from lichen_components import arm, gpu, inferentia
from lichen_components.asked import EndpointArgs
from lichen_components.images import IMAGES
from lichen_components.mode import check_mode
from lichen_components.plan import Plan
from lichen_components.refusal import refused_cleanly
from lichen_components.sagemaker import SagemakerEndpoint

Component = Callable[[str, Plan, pulumi.ResourceOptions], SagemakerEndpoint]


@dataclass(frozen=True)
class Realiser:
    """A component, and what says why it does not make a machine so sized."""

    component: Component
    why_unmade: Callable[[Machine, Sizing], str | None] = lambda machine, sizing: None


REALISERS: Mapping[tuple[str, str], Realiser] = {
    ("sagemaker", inferentia.FAMILY): Realiser(
        inferentia.InferentiaEndpoint, inferentia.why_unmade
    ),
    ("sagemaker", arm.FAMILY): Realiser(arm.GravitonEndpoint),
    ("sagemaker", gpu.FAMILY): Realiser(gpu.GpuEndpoint, gpu.why_unmade),
}
"""What makes a placement real, by how it is hosted and the family of its chip."""


class Endpoint(pulumi.ComponentResource):
    """An inference endpoint on the smallest machine that does the work, where power is clean.

    It places the workload, makes what the placement says, and tells the whole argument as its
    receipt. The region is the placement's: restrict it with the workload's `where`.
    """

    endpoint_name: pulumi.Output[str]
    """The name to invoke."""
    endpoint_arn: pulumi.Output[str]
    """The endpoint's ARN."""
    machine: pulumi.Output[str]
    """The machine type that was chosen, such as `ml.inf2.xlarge`."""
    region: pulumi.Output[str]
    """The region that was chosen."""
    gco2e_month: pulumi.Output[float]
    """Expected emissions in grams of CO2e a month, idle hours and embodied carbon included."""
    usd_month: pulumi.Output[float]
    """Expected cost in US dollars a month, idle hours included."""
    receipt: pulumi.Output[dict[str, Any]]
    """The placement's whole argument: arithmetic, reasons, runners-up, and how many lost why."""

    def __init__(
        self, name: str, args: EndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("lichen:index:Endpoint", name, {}, opts)
        with refused_cleanly():
            plan = plan_of(args, load())
            made = component_of(plan)(name, plan, pulumi.ResourceOptions(parent=self))
        chosen = plan.placement.chosen
        self.endpoint_name = made.endpoint_name
        self.endpoint_arn = made.endpoint_arn
        self.machine = pulumi.Output.from_input(f"ml.{chosen.machine}")
        self.region = pulumi.Output.from_input(chosen.region)
        self.gco2e_month = pulumi.Output.from_input(round(chosen.gco2e_month.likely, 1))
        self.usd_month = pulumi.Output.from_input(round(chosen.usd_month, 2))
        self.receipt = pulumi.Output.from_input(receipt(plan.placement))
        self.register_outputs(
            {
                "endpoint_name": self.endpoint_name,
                "endpoint_arn": self.endpoint_arn,
                "machine": self.machine,
                "region": self.region,
                "gco2e_month": self.gco2e_month,
                "usd_month": self.usd_month,
                "receipt": self.receipt,
            }
        )


def plan_of(args: EndpointArgs, catalogue: Catalogue) -> Plan:
    """The workload placed; :class:`InputError` where it is wrong, or nothing can serve it."""
    objective = _objective(args.get("objective", "carbon"))
    with _of_the_workload():
        workload = as_workload(_whole(args["workload"]))
        card = model_card(workload, catalogue)
    check_mode(workload, args)
    with _of_the_workload():
        placement = place(
            workload,
            catalogue,
            objective=objective,
            today=date.today(),
            why_unmade=why_unmade_of(card, args),
        )
    if isinstance(placement, NoPlacement):
        misses = "; ".join(
            f"{miss.machine}: {miss.reason} ({miss.relax})" for miss in placement.nearest
        )
        there_is = ", ".join(f"{family} on {hosting}" for hosting, family in REALISERS)
        raise InputError(
            "nothing can serve it",
            fix=f"nearest: {misses}. There are components for {there_is}",
            field="workload",
        )
    return Plan(
        workload=workload,
        card=card,
        machine=catalogue.machine(placement.chosen.machine),
        placement=placement,
        asked=args,
    )


def why_unmade_of(card: ModelCard, asked: EndpointArgs) -> WhyUnmade:
    """What says of a machine why no component makes it for this model, by the table."""

    def why_unmade(machine: Machine, hosting: str, sizing: Sizing) -> str | None:
        family = chip_family(machine)
        realiser = REALISERS.get((hosting, family))
        if realiser is None:
            return f"no component makes {family} on {hosting} yet"
        if "image" not in asked and (family, card.kind) not in IMAGES:
            return f"AWS publishes no image for a model of kind {card.kind} on {family}"
        return realiser.why_unmade(machine, sizing)

    return why_unmade


def component_of(plan: Plan) -> Component:
    """What makes this placement real: placing took no machine that nothing makes."""
    return REALISERS[plan.placement.chosen.hosting, chip_family(plan.machine)].component


def chip_family(machine: Machine) -> str:
    """The family of the chip that computes: an accelerator's, or the CPU's where there is none."""
    chip = machine.accelerator or machine.cpu or machine.architecture
    families = {family for _, family in REALISERS}
    return next((family for family in families if chip.startswith(family)), chip)


def receipt(placement: Placement) -> dict[str, Any]:
    """A placement as plain values; of the offers that lost, how many for each kind of reason."""
    told: dict[str, Any] = msgspec.to_builtins(placement)
    told["rejected"] = dict(Counter(loser.kind for loser in placement.rejected))
    return told


@contextmanager
def _of_the_workload() -> Iterator[None]:
    """Mistakes inside are told of the input that holds the workload."""
    try:
        yield
    except InputError as error:
        if error.document:  # a table of the catalogue, not the user's input
            raise
        field = f"workload.{error.field}".rstrip(".")
        raise InputError(error.wrong, fix=error.fix, field=field) from None


def _whole(value: Any) -> Any:
    """Whole numbers as such: from another language every number comes as a float."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _objective(word: str) -> Objective:
    known: tuple[Objective, ...] = get_args(Objective)
    for objective in known:
        if word == objective:
            return objective
    raise InputError(
        f"{word!r} is not an objective", fix=did_you_mean(word, known), field="objective"
    )
