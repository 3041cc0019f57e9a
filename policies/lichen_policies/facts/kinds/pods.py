"""Pods of a cluster: what runs them, what moves their number, and the nodes made for them."""

from __future__ import annotations

from typing import ClassVar

from lichen_policies.facts.fact import Fact


class Pods(Fact, frozen=True, kw_only=True):
    """The pods of one object, all made from one template.

    ``names`` are what others call the object by: its kind, namespace and name, as far as it states
    them (``Deployment/models/chat``). ``chips`` is how many accelerators one pod asks for, of the
    kind ``chip``; None where it asks for none. ``serves`` says that they plainly serve models.
    ``claims`` are the names of the claims of devices that are made for each pod, at ``claims_at``;
    ``machines`` is how many pods there are; ``stated`` says that their object writes it.
    """

    names: tuple[str, ...] = ()
    chip: str | None = None
    chips: float | None = None
    machine: str | None = None
    hosting: str | None = None
    serves: bool = False
    claims: tuple[str, ...] = ()
    claims_at: str = ""
    machines: int | None = 1
    machines_at: str = ""
    stated: bool | None = False


class NeuronPods(Fact, frozen=True, kw_only=True):
    """Pods that ask at ``path`` for Neuron devices.

    ``given`` says that EKS gives them the toleration of the taint of nodes with such devices,
    ``tolerates`` that they have it themselves. ``nodes`` is what nodes with that taint are called,
    where all nodes of the deployment that may have Neuron chips have it; else empty. ``cluster`` is
    what their cluster is called, where the deployment makes it itself, and its nodes, called
    ``machines``, surely have such chips. ``plugin`` then says that something of the deployment
    brings the device plugin to it; None where that cannot be said.
    """

    given: bool | None = False
    tolerates: bool | None = False
    nodes: str = ""
    cluster: str = ""
    machines: str = ""
    plugin: bool | None = None
    plugin_at: str = "whether the deployment brings the Neuron device plugin"


class NeuronNodes(Fact, frozen=True, kw_only=True):
    """Machines that have Neuron chips, or may, and join a cluster. ``tainted`` says that pods must
    tolerate ``aws.amazon.com/neuron`` to run there, ``sure`` that each of them has such chips, and
    starts from a machine image of EKS."""

    tainted: bool | None = None
    sure: bool = False


class EksCluster(Fact, frozen=True, kw_only=True):
    """A cluster of EKS that a deployment makes. ``automatic`` says that EKS runs its nodes, with
    their device plugins (Auto Mode)."""

    automatic: bool | None = False


class PutIntoCluster(Fact, frozen=True, kw_only=True):
    """Software that a deployment puts into a cluster: an add-on, a chart, a pod on each node, what
    a command does. ``neuron`` says that it brings the device plugin of Neuron, None that it may
    bring anything."""

    beside: ClassVar[bool] = True
    neuron: bool | None = None


class ClaimedDevices(Fact, frozen=True, kw_only=True):
    """What a template of claims asks for, for each pod that names it: ``chips`` accelerators of the
    kind ``chip``, None where it asks for other devices."""

    names: tuple[str, ...] = ()
    chip: str | None = None
    chips: float | None = None


class PodAutoscaler(Fact, frozen=True, kw_only=True):
    """The bounds of the number of pods, set beside the object that runs them, which it calls
    ``pods``. ``least`` is the lowest floor that this kind of autoscaler takes."""

    pods: str | None = None
    floor: int | None = None
    floor_at: str = ""
    ceiling: int | None = None
    ceiling_at: str = ""
    least: int = 0


class ScaledPods(Fact, frozen=True, kw_only=True):
    """Pods that serve, whose number an autoscaler of the same deployment sets.

    ``pods`` is the address of their object; ``stated`` says that it writes a number of its own, at
    ``stated_at``.
    """

    pods: str
    stated: bool | None
    stated_at: str


class NodePool(Fact, frozen=True, kw_only=True):
    """Nodes that a cluster makes as pods need them, and takes away when they no longer do.

    ``accelerated`` says that its nodes plainly carry accelerators. ``idle_h`` is how many hours a
    node stays after the last pod needed it, infinity where it is never taken away; ``idle_fix`` is
    the value at ``idle_h_at`` with which it would be. ``limited`` says that something limits how
    many nodes it makes.
    """

    accelerated: bool = False
    idle_h: float | None = None
    idle_h_at: str = ""
    idle_fix: str = ""
    limited: bool | None = None
    limited_at: str = ""
