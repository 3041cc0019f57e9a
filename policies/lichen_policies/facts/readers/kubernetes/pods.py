"""What pods are, as facts: the accelerators that they ask for, where they run, what they serve.

Pods are judged where they plainly serve models (:func:`serves`) or ask for accelerators; a web
shop's are not. A manifest rarely names its region, so that it does not is said of what serves
models alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.image import as_named
from lichen_policies.facts.kinds import (
    ChosenProcessor,
    Located,
    Machines,
    MachineTemplate,
    NeuronPods,
    Pods,
    Scaling,
    Serving,
    ServingContainer,
    TpuSlice,
)
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes import neuron
from lichen_policies.facts.readers.kubernetes.cluster import waits
from lichen_policies.facts.readers.kubernetes.pod import Asked, Pod
from lichen_policies.facts.servers import command_line, is_server
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

OF_SERVING_PODS = (
    ChosenProcessor,
    Located,
    Machines,
    MachineTemplate,
    NeuronPods,
    Pods,
    Serving,
    ServingContainer,
    TpuSlice,
)
"""What pods that serve give."""

OF_SCALED_PODS = (*OF_SERVING_PODS, Scaling)
"""What pods of an object that scales itself give."""


_TO_WAIT = "let KEDA or Knative scale it to zero between requests, or do the work in a Job"
_ELSEWHERE = Unknown("is set from elsewhere in the cluster")
_HOSTINGS = {"aws": "eks", "google": "gke", "azure": "aks"}


def serves(context: Context, containers: Iterable[Properties]) -> bool:
    """Whether pods plainly serve models: they have a passport, or run a server of models."""
    if context.says_what_it_serves:
        return True
    return any(map(_is_server, containers))


def _is_server(container: Properties) -> bool:
    """Whether a container plainly is a server of models."""
    return is_server(
        container.text("image"),
        arguments(container),
        settings(container),
        replaced=bool(container.given("command")),
        accelerated=lambda: Pod(container, containers=[container]).asked is not None,
    )


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
    times: int = 1,
    stated: Maybe[bool] = False,
    least: Stated[int] = Stated(None, ""),  # noqa: B008 - it never changes
) -> Iterator[Fact]:
    """The facts of ``count`` pods: nothing where they are not judged.

    A Pods, a ChosenProcessor, a Located, a Machines and a MachineTemplate, as far as they apply.
    ``asked`` is what each asks for, where it is a ``unit`` of several pods; ``times`` is how many
    pods one more at the property of their number adds; ``stated`` says that it is written. Where
    ``count`` is the most that there may be, ``least`` is how many there are at any time.
    """
    asked = asked or pod.asked
    claims = _claims(pod, names)
    if asked is None and not pod.serves and not claims and not pod.of_others:
        return
    context = placed(pod, context)
    hosting = _HOSTINGS.get(context.cloud, "kubernetes")
    if asked is None and not pod.serves and pod.of_others and isinstance(context.region, str):
        # What the device is for, and what it draws, nobody knows: that is no reason to block.
        yield Located(
            context=context,
            region_at=pod.region.path,
            machines=field(count.value),
            hosting=hosting,
            for_models=False,
        )
    for resource, at in pod.of_others:
        yield Machines(
            context=context,
            path=at,
            machines=field(count.value),
            machines_at=count.path,
            chip=resource,
            hosting=hosting,
            unit=unit,
            times=times,
        )
    if asked is None and not pod.serves and not claims:
        return
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
        claims=claims,
        claims_at=pod.spec.at("resource_claims"),
        machines=field(count.value),
        machines_at=count.path,
        stated=field(stated),
        waits_for="its claims of devices" if claims else "",
    )
    if asked is None and not pod.serves:
        return
    yield ChosenProcessor(
        context=context,
        path=pod.architecture.path,
        architecture=field(pod.architecture.value),
        architecture_at=pod.architecture.path,
        arm="arm64",
        accelerated=asked is not None,
        serves=pod.serves,
        less="AWS and Google state up to 60 % less energy for the same work on Arm (AWS Graviton, "
        "2022; Google Axion, 2024)",
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
            least=field(least.value),
            least_at=least.path,
            hosting=hosting,
            unit=unit,
            times=times,
        )
    yield from _slice(pod, context)
    if asked is not None:
        yield from neuron.pods(pod.spec, context, asked.path)
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


def _slice(pod: Pod, context: Context) -> Iterator[Fact]:
    """The slice of TPUs that a pod needs its node to be of."""
    asked, label, topology = pod.asked, pod.tpu_accelerator, pod.tpu_topology
    if asked is None or "google.com/tpu" not in asked.path or label.value is None:
        return
    yield TpuSlice(
        context=context,
        path=label.path,
        accelerator=field(label.value),
        accelerator_at=label.path,
        topology=field(topology.value),
        topology_at=topology.path,
        machine=field(pod.machine.value),
        machine_at=pod.machine.path,
        chips=field(asked.devices),
        chips_at=asked.path,
    )


def _claims(pod: Pod, names: tuple[str, ...]) -> tuple[str, ...]:
    """What the templates are called that claims are made from for each pod, in its namespace."""
    templates = [
        claim.text("resource_claim_template_name") for claim in pod.spec.blocks("resource_claims")
    ]
    namespace = names[0].split("/")[1:-1] if names else []
    return tuple(
        "/".join(("ResourceClaimTemplate", *namespace, name))
        for name in templates
        if isinstance(name, str)
    )


def serving(
    pod: Pod,
    context: Context,
    count: Stated[int],
    *,
    floor: Stated[int] | None = None,
    ceiling: Stated[int] | None = None,
    asked: Asked | None = None,
    waits_for: str = "",
    extended: bool = False,
    at_once: Stated[int] | None = None,
) -> Iterator[Fact]:
    """A Serving, and a ServingContainer of each container: what pods that serve models add.

    ``floor`` and ``ceiling`` are the bounds of what scales itself; ``asked`` is as in
    :func:`facts_of_pods`; ``waits_for`` is what else of the stack may say more,
    ``extended`` and ``at_once`` are as in :class:`ServingContainer`.
    """
    context = placed(pod, context)
    hosting = _HOSTINGS.get(context.cloud, "kubernetes")
    group = asked
    asked = asked or pod.asked
    chips = None if asked is None else asked.number
    yield Serving(
        context=context,
        waits_for=waits(context) or waits_for,
        path=pod.spec.path,
        hosting=hosting,
        # Pods that ask for no accelerator share their machine with others.
        machine=field(pod.machine.value) if asked is not None else None,
        machines=field(count.value),
        serverless=False,
        asynchronous=field(waits_for_requests(None if floor is None else floor.value)),
        to_wait=_TO_WAIT,
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
    for container in containers(pod, context, group, extended=extended):
        if at_once is not None:
            number, path = field(at_once.value), at_once.path
            container = msgspec.structs.replace(container, at_once=number, at_once_at=path)
        yield container


def waits_for_requests(floor: object) -> Maybe[bool | None]:
    """Whether pods with a floor come when requests do: None at zero, where a queue may hold them
    until then or not."""
    if is_unknown(floor):
        return floor
    return None if floor == 0 else False


def containers(
    pod: Pod, context: Context, asked: Asked | None, *, extended: bool = False
) -> Iterator[Fact]:
    """A ServingContainer of each container; ``asked`` is what a group of pods serves with,
    ``extended`` is as in :class:`ServingContainer`."""
    hosting = _HOSTINGS.get(context.cloud, "kubernetes")
    for container in pod.containers:
        own = asked or pod.asked_by(container)
        set_by = tuple(_set_by(container))
        image = container.stated_text("image")
        model = container.stated_text("storage_uri")
        yield ServingContainer(
            context=context,
            waits_for="its ConfigMap" if set_by else "",
            path=container.path,
            set_by=set_by,
            secrets=tuple(_secrets(container)),
            image=field(as_named(image.value)),
            image_at=image.path,
            settings=settings(container),
            settings_at=container.at("env"),
            arguments=field(arguments(container)),
            arguments_at=container.at("args"),
            model=field(model.value),
            model_at=model.path,
            starts_otherwise=bool(container.given("command")),
            extended=extended,
            architecture=field(pod.architecture.value),
            architecture_at=pod.architecture.path,
            architecture_by_family=pod.by_family,
            chip=None if own is None else own.chip,
            chips=None if own is None else field(own.devices),
            chips_at="" if own is None else own.path,
            shared=own is not None and own.number != own.devices,
            hosting=hosting,
            machine=field(pod.machine.value),
            machine_at=pod.machine.path,
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
    """A container's command line, with the variables that it sets itself."""
    return command_line(
        container.words("command"), container.words("args"), settings(container) or {}
    )


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


def _set_by(container: Properties) -> Iterator[tuple[str, str, str]]:
    """The settings that a container takes from ConfigMaps: each with the map and the key in it;
    without a name all of a map's."""
    for variable in container.blocks("env"):
        chosen = variable.block("value_from").block("config_map_key_ref")
        name, key = chosen.text("name"), chosen.text("key")
        own = variable.text("name")
        if isinstance(own, str) and isinstance(name, str) and isinstance(key, str):
            yield own, name, key
    for source in container.blocks("env_from"):
        name = source.block("config_map_ref").text("name")
        if isinstance(name, str):
            yield "", name, ""


def _secrets(container: Properties) -> Iterator[str]:
    """The Secrets of which a container takes all settings."""
    for source in container.blocks("env_from"):
        name = source.block("secret_ref").text("name")
        if isinstance(name, str):
            yield name
