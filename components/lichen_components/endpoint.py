"""The component that chooses where a workload runs, and makes an endpoint there."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, get_args

import msgspec
import pulumi

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Made
from lichen.day import present_day
from lichen.document import InputError, did_you_mean
from lichen.placing.allowed import in_regions, on_hostings
from lichen.placing.made import server_of
from lichen.placing.placement import NoPlacement, Placement
from lichen.placing.question import Pin, Question, catalogue_near
from lichen.sizing.replicas import floor_of
from lichen.words import Objective
from lichen.workload import Workload, as_workload, read_workload
from lichen_components.args import INPUTS, EndpointArgs
from lichen_components.artifacts import check_artifacts
from lichen_components.blocks import anywhere
from lichen_components.errors import input_errors
from lichen_components.instead import ways_made
from lichen_components.keeping import kept, pin_of
from lichen_components.makers import (
    chip_families,
    chip_of,
    maker_of,
    record_of,
    record_rows,
    row_of,
    servers_found,
)
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision


class Endpoint(pulumi.ComponentResource):
    """An inference endpoint on the smallest machine that does the work, where power is clean.

    It places the workload, makes what the placement says, and gives the placement's reasons as its
    receipt. The placement chooses the region: restrict it with the workload's `where`.
    """

    endpoint_name: pulumi.Output[str]
    """The name to invoke."""
    endpoint_id: pulumi.Output[str]
    """The endpoint's full name in its cloud: on AWS its ARN."""
    url: pulumi.Output[str]
    """The address that requests are sent to."""
    machine: pulumi.Output[str]
    """The machine type that was chosen, such as `ml.inf2.xlarge`."""
    region: pulumi.Output[str]
    """The region that was chosen."""
    gco2e_month: pulumi.Output[float]
    """Expected emissions in grams of CO2e a month, idle hours and embodied carbon included."""
    usd_month: pulumi.Output[float]
    """Expected cost in US dollars a month, idle hours included."""
    key: pulumi.Output[str]
    """The full name of the key that encrypts volumes and logs: yours, or the endpoint's own. ""
    where there is none."""
    parameter: pulumi.Output[str]
    """The name under which clients always find what the endpoint is called now: on AWS an SSM
    parameter, `/lichen/<name>/<environment>/endpoint`. "" where there is none."""
    dashboard: pulumi.Output[str]
    """The address of the dashboard; "" without one."""
    runbook: pulumi.Output[str]
    """What to do in the cases that happen, with the commands."""
    receipt: pulumi.Output[dict[str, Any]]
    """The placement in full: arithmetic, reasons, runners-up, and how many offers lost for which
    reason."""

    def __init__(
        self, name: str, args: EndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("lichen:index:Endpoint", name, {}, opts)
        with input_errors():
            plan = plan_of(args, current=partial(placed_now, name))
            decision = plan.decision
            placement = decision.placement
            chosen = placement.chosen
            make = maker_of(row_of(chosen.hosting, decision.workload))
            made = make(name, plan, pulumi.ResourceOptions(parent=self))
        self.endpoint_name = made.endpoint_name
        self.endpoint_id = made.endpoint_id
        self.url = made.url
        self.machine = made.machine
        self.region = pulumi.Output.from_input(chosen.region)
        self.gco2e_month = pulumi.Output.from_input(round(chosen.gco2e_month.likely, 1))
        self.usd_month = pulumi.Output.from_input(round(chosen.usd_month, 2))
        cloud = record_of(plan.catalogue.hostings[chosen.hosting].cloud)
        if cloud is not None:
            here = Pin(chosen.machine, chosen.region)
            cloud.record(name, decision.workload.environment, here, self)
        self.receipt = pulumi.Output.from_input(
            receipt(placement, plan.kept)
            | {
                "instead": ways_made(placement),
                **made.receipt,
            }
        )
        self.key, self.parameter = made.bundle.key, made.bundle.parameter
        self.dashboard, self.runbook = made.bundle.dashboard, made.bundle.runbook
        self.register_outputs(
            {
                "key": self.key,
                "parameter": self.parameter,
                "dashboard": self.dashboard,
                "runbook": self.runbook,
                "endpoint_name": self.endpoint_name,
                "endpoint_id": self.endpoint_id,
                "url": self.url,
                "machine": self.machine,
                "region": self.region,
                "gco2e_month": self.gco2e_month,
                "usd_month": self.usd_month,
                "receipt": self.receipt,
            }
        )


Current = Callable[[Workload], Pin | None]
"""Where a workload runs already, if it does."""


def placed_now(name: str, workload: Workload) -> Pin | None:
    """Where this stack's deployment is, as the cloud that it is on remembers it; None where none
    does. Clouds that the workload excludes are not asked."""
    for row in record_rows():
        record = record_of(row.cloud)
        if record is None or (workload.where.clouds and row.cloud not in workload.where.clouds):
            continue
        if (found := record.placed_now(name, workload)) is not None:
            return found
    return None


def plan_of(
    args: EndpointArgs, catalogue: Catalogue | None = None, current: Current | None = None
) -> Plan:
    """The workload placed; :class:`InputError` where it is wrong, or nothing can serve it.

    ``catalogue`` left out is that of the lichen.yaml above the workload's file, or above the
    program's directory. ``current`` says where a workload runs already.
    """
    _check_inputs(args)
    _check_known(args.get("workload"), "workload")
    objective = _objective(args.get("objective", "carbon"))
    with _of_the_workload():
        near = Path(args.get("workload_file") or Path.cwd())
        if catalogue is None:
            catalogue = catalogue_near(near)
        workload = _workload(args)
    workload = on_hostings(workload, args.get("hosting") or (), catalogue)
    workload = in_regions(workload, args.get("regions") or (), catalogue)
    with _of_the_workload():
        question = Question.of(
            workload,
            near=near,
            catalogue=catalogue,
            objective=objective,
            any_image=anywhere(args, "image"),
            own_registry=anywhere(args, "registry"),
        )
    makes = question.makes or ()
    _check_mode(question.workload, makes)
    pin = pin_of(args, question.catalogue)
    with _of_the_workload():
        here = current(question.workload) if current is not None and pin is None else None
        answer = kept(question, pin, here)
    placement = answer.placement
    if isinstance(placement, NoPlacement):
        misses = "; ".join(
            f"{miss.machine}: {miss.reason} ({miss.relax})" for miss in placement.nearest
        )
        if placement.compile_command is not None:
            raise InputError(
                f"files of this shape do not serve the workload any more: {misses}",
                fix="compile them for one that does, and write its three numbers here: "
                f"{placement.compile_command}",
                field="workload.compiled",
            )
        raise InputError(
            "no offer can serve it",
            fix=f"change what the nearest misses name: {misses}",
            field="workload",
        )
    chosen = placement.chosen
    if chosen.unmade is not None and _asleep(question.workload):
        raise InputError(
            f"no replica is to run while there are no requests, and {chosen.unmade}",
            fix="set availability: {minimum_replicas: 1}, or mode: asynchronous, or allow in where "
            "what wakes by itself",
            field="workload.availability.minimum_replicas",
        )
    if chosen.unmade is not None:
        raise InputError(
            f"{chosen.machine} in {chosen.region} at {chosen.precision} would serve the workload, "
            f"but {chosen.unmade}",
            fix="allow in where and precisions what a component can make: "
            f"{_what_is_made(question)}",
            field="workload",
        )
    catalogue = question.catalogue
    decision = Decision(
        workload=question.workload,
        card=question.card,
        machine=catalogue.machine(chosen.machine),
        placement=placement,
        measured=tuple(dict.fromkeys(record.tag for record in question.evidence)),
    )
    row, hosting = row_of(chosen.hosting, decision.workload), catalogue.hostings[chosen.hosting]
    check_artifacts(args, hosting.cloud, row, hosting.title)
    maker_of(row).check(decision, args)
    family = chip_families(catalogue).get(chip_of(decision.machine))
    server = server_of(makes, chosen.hosting, decision.card.kind, family)
    if server is None:
        raise InputError(
            f"no component serves {decision.card.kind} models on {chosen.machine}",
            fix="allow in where what a component makes",
            field="workload",
        )
    return Plan(
        decision=decision,
        container=servers_found()[server](decision),
        args=args,
        catalogue=catalogue,
        today=question.today or present_day(),
        kept=answer.why,
    )


def _check_inputs(args: EndpointArgs) -> None:
    """An input that does not exist is refused, as the provider does for other languages: a program
    in Python may write any. What a cloud's block takes may be beside it."""
    given: Mapping[str, object] = args
    for name in given:
        if name not in INPUTS:
            raise InputError(f"unknown input {name!r} on Endpoint", fix=did_you_mean(name, INPUTS))


def _check_known(value: object, field: str) -> None:
    """A workload is placed when the program runs: an output of a resource is not known then."""
    if isinstance(value, pulumi.Output):
        raise InputError(
            "is an output, and a workload is placed before anything is made",
            fix="write the value itself, or read it from the stack's configuration",
            field=field,
        )
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_known(item, f"{field}.{key}")
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_known(item, f"{field}[{index}]")


def _workload(args: EndpointArgs) -> Workload:
    """The workload that is written, or that of the file."""
    written, file = args.get("workload"), args.get("workload_file")
    if isinstance(written, str):
        raise InputError(f"{written!r} is a path", fix=f"write it as workload_file: {written}")
    if (written is None) == (file is None):
        raise InputError(
            f"{'neither' if file is None else 'both'} of workload and workload_file is given",
            fix="give one of them",
        )
    if file is not None:
        return read_workload(Path(file))
    values: dict[str, Any] = {**(written or {})}
    card = values.pop("model_card", None)
    if card is not None and "model" in values:
        raise InputError("both of model and model_card are given", fix="give one of them")
    return as_workload(_whole(values if card is None else {**values, "model": card}))


def _what_is_made(question: Question) -> str:
    """What there is to choose from: each hosting with its families of chips."""
    families: dict[str, dict[str, None]] = {}
    for row in question.makes or ():
        if row.server is not None:
            title = question.catalogue.hostings[row.hosting].title
            families.setdefault(title, {}).update(dict.fromkeys(row.families))
    return "; ".join(f"{', '.join(of)} on {title}" for title, of in families.items())


def _check_mode(workload: Workload, makes: Iterable[Made]) -> None:
    modes = sorted({mode for row in makes for mode in row.modes})
    if workload.mode not in modes:
        raise InputError(
            f"no component makes a {workload.mode} endpoint yet",
            fix=f"use {' or '.join(modes)}; asynchronous scales to zero between requests",
            field="workload.mode",
        )


def _asleep(workload: Workload) -> bool:
    """Whether no replica of a real-time endpoint runs while there are no requests."""
    return workload.mode == "real-time" and floor_of(workload) == 0


def receipt(placement: Placement, kept: str = "") -> dict[str, Any]:
    """A placement as plain values; of the offers that lost, how many for each kind of reason.

    ``kept`` is why it is kept where another would be chosen.
    """
    values: dict[str, Any] = msgspec.to_builtins(placement)
    values["rejected"] = dict(Counter(loser.kind for loser in placement.rejected))
    values["kept"] = kept
    return values


@contextmanager
def _of_the_workload() -> Iterator[None]:
    """Mistakes inside name a field of the input `workload`."""
    try:
        yield
    except InputError as error:
        if error.document:  # a file is named already
            raise
        field = f"workload.{error.field}".rstrip(".")
        raise InputError(error.wrong, fix=error.fix, field=field) from None


def _whole(value: Any) -> Any:
    """Whole numbers as integers: from another language every number comes as a float."""
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
