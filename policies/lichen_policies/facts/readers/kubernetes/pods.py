"""What pods are, as facts: the accelerators that they ask for, where they run, what they serve.

Pods are judged where they plainly serve models (:func:`serves`) or ask for accelerators; a web
shop's are not. A manifest rarely names its region, so that it does not is said of what serves
models alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from lichen.passport import Passport
from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Located,
    Machines,
    MachineTemplate,
    Pods,
    Scaling,
    Serving,
    ServingContainer,
)
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.cluster import waits
from lichen_policies.facts.readers.kubernetes.pod import Asked, Pod
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

_SERVERS = re.compile(
    r"""(?:^|/)(?:
        vllm(?:-[\w-]+)? | text-generation-inference | text-embeddings-inference | tritonserver
      | sglang | ollama | llama\.cpp | torchserve | mlserver | lmdeploy | model_server
      | djl-(?:serving|inference) | nim | huggingface-(?:pytorch|tensorflow)-(?:tgi-)?inference
      | tensorflow/serving | (?:huggingface|sklearn|xgb|lgb|paddle|pmml)server | localai | infinity
      | pytorch-inference(?:-[\w-]+)?
    )(?:/|$)""",
    re.VERBOSE,
)
"""Images of servers of models, by their repositories' names."""

_ELSEWHERE = Unknown("is set from elsewhere in the cluster")
_HOSTINGS = {"aws": "eks", "google": "gke", "azure": "aks"}


def serves(context: Context, containers: Iterable[Properties]) -> bool:
    """Whether pods plainly serve models: they have a passport, or run a server of models."""
    if isinstance(context.passport, Passport):
        return True
    return any(_is_server(container.text("image")) for container in containers)


def _is_server(image: Maybe[str]) -> bool:
    if not isinstance(image, str):
        return False
    repository = re.sub(r"(?::[\w.-]+)?(?:@.*)?$", "", image)
    return bool(_SERVERS.search(repository))


def placed(pod: Pod, context: Context) -> Context:
    """The context of pods: where their nodes must be goes before where their cluster is."""
    region = pod.region.value
    cloud = _cloud_of(pod.machine.value) or context.cloud
    return msgspec.structs.replace(
        context, region=context.region if region is None else region, cloud=cloud
    )


def _cloud_of(machine: Maybe[str]) -> str:
    """The cloud that a machine's name is one of; empty where that is not known."""
    if not isinstance(machine, str):
        return ""
    if machine.startswith("Standard_"):
        return "azure"
    return "aws" if "." in machine else "google" if "-" in machine else ""


def facts_of_pods(
    pod: Pod,
    context: Context,
    count: Stated[int],
    *,
    names: tuple[str, ...] = (),
    asked: Asked | None = None,
    unit: str = "pods",
) -> Iterator[Fact]:
    """The facts of ``count`` pods: nothing where they are not judged.

    A Pods, a Located, a Machines and a MachineTemplate, as far as they apply. ``asked`` is what
    each asks for, where it is a ``unit`` of several pods.
    """
    asked = asked or pod.asked
    if asked is None and not pod.serves:
        return
    context = placed(pod, context)
    hosting = _HOSTINGS.get(context.cloud, "kubernetes")
    chips = None if asked is None else asked.number
    machine = pod.machine.value if asked is not None else None
    yield Pods(
        context=context,
        path=pod.spec.path,
        names=names,
        chip=None if asked is None else asked.chip,
        chips=field(chips),
        machine=field(machine),
        hosting=hosting,
        serves=pod.serves,
    )
    in_cluster = waits(context)
    if pod.serves or in_cluster or (isinstance(context.region, str) and asked is not None):
        yield Located(
            context=context,
            waits_for=in_cluster,
            region_at=pod.region.path,
            machine=field(machine),
            machines=field(count.value),
            chips_each=field(chips),
            hosting=hosting,
            for_models=bool(pod.serves or asked is not None) or None,
        )
    if asked is not None and asked.number is not None:
        yield Machines(
            context=context,
            path=asked.path,
            machines=field(count.value),
            machines_at=count.path,
            chip=asked.chip,
            chip_at=pod.chip_at,
            chips_each=field(chips),
            hosting=hosting,
            unit=unit,
        )
    named = pod.machine.value if isinstance(pod.machine.value, str) else None
    if named is not None or pod.spot.value is True:
        yield MachineTemplate(
            context=context,
            path=pod.machine.path or pod.spot.path,
            machine=named,
            machine_at=pod.machine.path,
            spot=field(pod.spot.value),
            spot_at=pod.spot.path,
        )


def serving(
    pod: Pod,
    context: Context,
    count: Stated[int],
    *,
    floor: Stated[int] | None = None,
    ceiling: Stated[int] | None = None,
    asked: Asked | None = None,
) -> Iterator[Fact]:
    """A Serving, and a ServingContainer of each container: what pods that serve models add.

    ``floor`` and ``ceiling`` are the bounds of what scales itself; ``asked`` is as in
    :func:`facts_of_pods`.
    """
    context = placed(pod, context)
    hosting = _HOSTINGS.get(context.cloud, "kubernetes")
    group = asked
    asked = asked or pod.asked
    chips = None if asked is None else asked.number
    yield Serving(
        context=context,
        waits_for=waits(context),
        path=pod.spec.path,
        hosting=hosting,
        # Pods that ask for no accelerator share their machine with others.
        machine=field(pod.machine.value) if asked is not None else None,
        machines=field(count.value),
        serverless=False,
        holds_model=None,
        floor=None if floor is None else field(floor.value),
        ceiling=None if ceiling is None else field(ceiling.value),
        machine_at=pod.machine.path,
        machines_at=count.path,
        floor_at="" if floor is None else floor.path,
        holds_model_at="",
        chips=field(chips),
        chips_at="" if asked is None else asked.path,
    )
    yield from containers(pod, context, group)


def containers(pod: Pod, context: Context, asked: Asked | None) -> Iterator[Fact]:
    """A ServingContainer of each container; ``asked`` is what a group of pods serves with."""
    hosting = _HOSTINGS.get(context.cloud, "kubernetes")
    for container in pod.containers:
        own = asked or pod.asked_by(container)
        image = container.stated_text("image")
        yield ServingContainer(
            context=context,
            path=container.path,
            image=field(image.value),
            image_at=image.path,
            settings=settings(container),
            settings_at=container.at("env"),
            arguments=field(arguments(container)),
            arguments_at=container.at("args"),
            architecture=field(pod.architecture.value),
            architecture_at=pod.architecture.path,
            chip=None if own is None else own.chip,
            chips=None if own is None else field(own.devices),
            chips_at="" if own is None else own.path,
            hosting=hosting,
            machine=field(pod.machine.value),
        )


def scaling(
    pod: Pod,
    context: Context,
    floor: Stated[int],
    *,
    asked: Asked | None,
    ceiling: Stated[int],
    least: int = 0,
    by_default: bool = False,
    to_zero: str = "",
) -> Scaling:
    """The Scaling of what scales itself."""
    context = placed(pod, context)
    return Scaling(
        context=context,
        waits_for=waits(context),
        path=floor.path,
        floor=field(floor.value),
        floor_by_default=by_default,
        ceiling=field(ceiling.value),
        ceiling_at=ceiling.path,
        unit="replicas",
        least=least,
        to_zero=to_zero,
        machine=field(pod.machine.value) if asked is not None else None,
        chips_each=None if asked is None else field(asked.number),
        hosting=_HOSTINGS.get(context.cloud, "kubernetes"),
    )


def arguments(container: Properties) -> Maybe[tuple[str, ...]]:
    """A container's command line, its words apart where a shell takes them as one text."""
    command, args = container.texts("command"), container.texts("args")
    if is_unknown(command) or is_unknown(args):
        return command if is_unknown(command) else args
    line = (*(command or ()), *(args or ()))
    if "-c" in line[1:3]:
        return tuple(word for text in line for word in text.split() if word != "\\")
    return line or None


def settings(container: Properties) -> dict[str, object] | None:
    """A container's environment variables; one that is taken from elsewhere is unknown."""
    found: dict[str, object] = {}
    for variable in container.blocks("env"):
        name = variable.text("name")
        if not isinstance(name, str):
            continue
        elsewhere = bool(variable.block("value_from"))
        value = variable.scalar("value")
        found[name] = _ELSEWHERE if elsewhere else value if is_unknown(value) else value or ""
    return found or None
