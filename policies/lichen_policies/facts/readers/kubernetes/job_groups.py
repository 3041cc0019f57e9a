"""Jobs of several groups of pods that run together: training over many nodes.

Sources: the custom resource definitions of JobSet, Kubeflow's Training Operator (where it has an
elasticPolicy, its workers are between that one's bounds) and Trainer (a group has one replica where
it states none), Elastic PyTorch and Volcano.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, MachineTemplate, Pods, TpuSlice
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.job import at_once
from lichen_policies.facts.readers.kubernetes.naming import names_of
from lichen_policies.facts.readers.kubernetes.pod import Pod
from lichen_policies.facts.readers.kubernetes.pods import facts_of_pods
from lichen_policies.facts.readers.kubernetes.scaled import in_their_stack
from lichen_policies.facts.unknown import is_unknown

CLOUD = "kubernetes"
TYPES = types(
    Api("jobset.x-k8s.io", ("v1alpha2",), "JobSet"),
    Api("kubeflow.org", ("v1",), "PyTorchJob"),
    Api("kubeflow.org", ("v1",), "TFJob"),
    Api("kubeflow.org", ("v1",), "JAXJob"),
    Api("kubeflow.org", ("v1",), "XGBoostJob"),
    Api("kubeflow.org", ("v1",), "PaddleJob"),
    Api("kubeflow.org", ("v2beta1", "v1"), "MPIJob"),
    Api("trainer.kubeflow.org", ("v1alpha1",), "TrainJob"),
    Api("elastic.pytorch.org", ("v1alpha1",), "ElasticJob"),
    Api("batch.volcano.sh", ("v1alpha1",), "Job"),
)
FACTS = (Located, Machines, MachineTemplate, Pods, TpuSlice)

_BY_ROLE = (
    "pytorch_replica_specs",
    "tf_replica_specs",
    "jax_replica_specs",
    "xgb_replica_specs",
    "paddle_replica_specs",
    "mpi_replica_specs",
    "replica_specs",
)

complete = in_their_stack


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of the pods of each group; a job serves nothing."""
    spec, names = properties.block("spec"), names_of(properties)
    if spec.scalar("suspend") is True:
        return
    for group in spec.blocks("replicated_jobs"):
        job = group.block("template").block("spec")
        pod, count = Pod(job.block("template").block("spec")), group.stated_whole("replicas")
        each, sets, times = at_once(job).value, _one(count), 1
        if is_unknown(each):
            sets = Stated(each, sets.path)
        elif not is_unknown(sets.value):
            times = max(each or 0, 1)
            sets = Stated((each or 0) * (sets.value or 0), sets.path)
        yield from facts_of_pods(pod, context, sets, names=names, times=times)
    elastic = spec.block("elastic_policy")
    for group in (*_by_role(spec), *spec.blocks("tasks")):
        pod = Pod(group.block("template").block("spec"))
        count, least = _one(group.stated_whole("replicas")), _FIXED
        if group.path.endswith(".Worker") and elastic.given("max_replicas"):
            count = elastic.stated_whole("max_replicas")
            least = _one(elastic.stated_whole("min_replicas"))
        yield from facts_of_pods(pod, context, count, names=names, least=least)
    trainer = spec.block("trainer")
    if trainer:
        count = _one(trainer.stated_whole("num_nodes"))
        pod = Pod(trainer, containers=[_with_resources(trainer)])
        yield from facts_of_pods(pod, context, count, names=names)


_FIXED: Stated[int] = Stated(None, "")
"""The least of a group whose number does not change."""


def _one(count: Stated[int]) -> Stated[int]:
    """A number of replicas, which is one where it is left out."""
    return Stated(1, count.path) if count.value is None else count


def _by_role(spec: Properties) -> Iterator[Properties]:
    """The groups of a job that are named by what they do: a master, its workers."""
    for name in _BY_ROLE:
        found = spec.value(name)
        if isinstance(found, Mapping):
            for role, group in sorted(found.items(), key=lambda item: str(item[0])):
                yield Properties(group, spec.dialect, f"{spec.at(name)}.{role}")


def _with_resources(trainer: Properties) -> Properties:
    """A trainer as a container: what each of its nodes asks for is under another name."""
    asked = trainer.value("resources_per_node")
    return Properties({"resources": asked}, trainer.dialect, trainer.path)
