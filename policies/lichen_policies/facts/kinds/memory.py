"""Accelerators, and the models whose memory they are."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.kinds.containers import ServingContainer


class ModelAccelerators(Fact, frozen=True, kw_only=True):
    """The accelerators that one copy of a model has; ``path`` is the property that names them.

    ``chips`` of the ``chip`` where the resource names these, else those of the ``machine``; both
    are the catalogue's names. ``model`` is the model that the resource itself names; where it names
    none its tags may. ``shapes`` are the numbers of chips that this kind of resource can have, each
    with the text that asks for it. ``topology_at`` is where a topology of several machines is set;
    ``attached_at`` is what names accelerators beside the machine, which must match it.

    Every :class:`ServingContainer` with accelerators has one, which no reader yields: its
    ``container``, whose settings may name the model. Its ``chip`` is the document's word;
    ``set_at`` is where its accelerators are set, in words, where another resource does it.
    """

    chip: str | None = None
    chips: float | None = None
    machine: str | None = None
    machine_at: str = ""
    model: str | None = None
    model_at: str = ""
    shapes: tuple[tuple[float, str], ...] = ()
    topology_at: str = ""
    attached_at: tuple[str, ...] = ()
    hosting: str | None = None
    container: ServingContainer | None = None
    set_at: str = ""


class TpuSlice(Fact, frozen=True, kw_only=True):
    """What a resource says of the slice of TPUs that it makes or needs, as far as it does.

    ``accelerator`` is the label of its nodes; ``chip`` the catalogue's name, where the resource
    names the chip otherwise. ``chips`` is how many one pod asks for, ``nodes`` how many nodes a
    pool makes of one slice.
    """

    accelerator: str | None = None
    accelerator_at: str = ""
    chip: str | None = None
    topology: str | None = None
    topology_at: str = ""
    machine: str | None = None
    machine_at: str = ""
    chips: float | None = None
    chips_at: str = ""
    nodes: int | None = None
    nodes_at: str = ""


class WholeAccelerator(Fact, frozen=True, kw_only=True):
    """How the pods of a pool share its accelerators; ``path`` is where that is set.

    ``chip`` is the catalogue's name. ``clients`` is how many may share one, by which ``strategy``,
    in the cloud's word; ``partition`` is the share of one that each has.
    """

    chip: str | None = None
    machine: str | None = None
    clients: float | None = None
    strategy: str | None = None
    strategy_at: str = ""
    partition: str | None = None


class VectorIndex(Fact, frozen=True, kw_only=True):
    """An index of vectors that is deployed on machines of its own.

    ``index`` is what it calls the index by. ``replicas`` always run. ``least_machine`` is the
    smallest machine that holds one of its shards, which has ``least_vcpus``; ``shard_gb`` is the
    size of a shard in GB.
    """

    index: str | None = None
    machine: str | None = None
    machine_at: str = ""
    vcpus: float | None = None
    replicas: int | None = None
    replicas_at: str = ""
    least_machine: str | None = None
    least_machine_at: str = ""
    least_vcpus: float | None = None
    shard_gb: float | None = None


class VectorData(Fact, frozen=True, kw_only=True):
    """What an index of vectors holds; ``shard`` is the size of its parts, in the cloud's words."""

    names: tuple[str, ...] = ()
    shard: str | None = None
