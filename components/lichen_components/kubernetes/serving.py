"""What serves in a cluster: a Deployment or its like, a Service, a scaler, a budget of
disruptions. Nothing is chosen here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pulumi
import pulumi_kubernetes as k8s

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.errors import input_errors
from lichen_components.hosted import HostedEndpoint
from lichen_components.kubernetes.args import KubernetesArgs, kubernetes_args
from lichen_components.kubernetes.files import DIRECTORY, PodFiles, check_location, files_of
from lichen_components.kubernetes.groups import group
from lichen_components.kubernetes.images import image_for
from lichen_components.kubernetes.kserve import inference_service
from lichen_components.kubernetes.nodes import REGION, NodeRow, node_of
from lichen_components.kubernetes.place import ClusterPlace, check_name
from lichen_components.kubernetes.pod import (
    PodServer,
    command_of,
    environment_of,
    start_s,
    template,
)
from lichen_components.kubernetes.ready import Prepared
from lichen_components.kubernetes.scaling import (
    DEPLOYMENT,
    GROUP,
    Scaled,
    bounds,
    check_scaling,
    fixed,
    scale,
)
from lichen_components.plan import Plan
from lichen_components.servers import own_image
from lichen_components.servers.container import Decision

OWN_CLUSTER = (
    "a cluster of your own is a region of your own rows, with its machines: "
    "docs/kubernetes.md, A cluster of your own"
)
"""As a hosting ``kubernetes`` is also the group of GKE and EKS: what to write for neither."""

_PORT = 80
_SERVES = {"vllm": ("llm", "vlm"), "tei": ("encoder", "reranker"), "neuron": ("llm",)}
_GIB = 1 << 30


class ClusterService(HostedEndpoint):
    """Deployment (or LeaderWorkerSet, or InferenceService), Service, scaler and disruption budget
    in the cluster that is given.

    A cluster of a cloud has a class of its own, which says what is made before the pods.
    """

    TYPE = "lichen:index:ClusterService"

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.TYPE, name, {}, opts)
        with input_errors():
            ready = prepared(name, plan)
            self.check_machines(plan, ready)
        place = ClusterPlace.of(name, plan, ready.args, self)
        if self.makes_machines(ready.args):
            # They are for these pods alone, and carry this label.
            row = replace(ready.row, selector={**ready.row.selector, **place.machines_labels})
            ready = replace(ready, row=row)
        served = serve(place, plan, ready, *self.machines(place, plan, ready))
        cluster = self.cluster_of(ready.args)
        within = f"{place.namespace}/{served}/{place.identity}"
        self.gives(
            name=place.identity,
            identifier=within if cluster is None else pulumi.Output.concat(cluster, "/", within),
            url=url_of(place, ready.args),
            machine=plan.decision.machine.name,
        )

    def check_machines(self, plan: Plan, ready: Prepared) -> None:
        """:class:`InputError` where the cluster cannot have the machine that was chosen."""

    def makes_machines(self, args: KubernetesArgs) -> bool:
        """Whether :meth:`machines` makes machines, whose nodes then carry the place's
        ``machines_labels``."""
        return False

    def machines(
        self, place: ClusterPlace, plan: Plan, ready: Prepared
    ) -> Sequence[pulumi.Resource]:
        """Make what the pods run on, and what lets them read their files."""
        return ()

    def cluster_of(self, args: KubernetesArgs) -> pulumi.Input[str] | None:
        """The cluster's name; None where the context alone says it."""
        return None

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where a cluster cannot do what was decided, or lacks an argument."""
        check(decision, kubernetes_args(args))


def check(decision: Decision, ours: KubernetesArgs) -> None:
    """What can be checked without the catalogue."""
    if decision.workload.mode != "real-time":
        raise InputError(
            f"pods answer in real time, and the workload is {decision.workload.mode}",
            fix="use mode: real-time, or another hosting in where.hosting",
            field="workload.mode",
        )
    if "artifacts" in ours and not isinstance(ours["artifacts"], str):
        raise InputError(
            "is known only when resources are made, and volumes and grants of the pods follow from "
            "it",
            fix="write it as text in the program: pvc://<claim>/<folder>",
            field="artifacts",
        )
    if ours.get("kserve"):
        _check_kserve(ours)
    else:
        check_scaling(decision, ours)


def _check_kserve(ours: KubernetesArgs) -> None:
    """KServe makes the scaler itself. From zero its Knative mode wakes pods, so that a floor of 0
    needs no signal."""
    if "topology" in ours:
        raise InputError(
            "an InferenceService is one pod, and a topology may be several machines",
            fix="leave kserve or topology out",
            field="kubernetes.kserve",
        )
    if "scaling" in ours:
        raise InputError(
            "KServe makes the scaler of an InferenceService itself, and this would not be used",
            fix="leave kserve or scaling out",
            field="kubernetes.scaling",
        )


def prepared(name: str, plan: Plan) -> Prepared:
    """A plan as pods; :class:`InputError` where cluster, slice or image does not fit."""
    decision, ours = plan.decision, kubernetes_args(plan.args)
    if decision.card.kind not in _SERVES.get(plan.container.server, ()):
        # With an image of the user's any kind is taken; its options are then its own.
        plan = replace(plan, container=own_image.serve(decision))
    hosting = decision.placement.chosen.hosting
    check_name(name, decision.workload.environment)
    if plan.container.server != "image":
        check_location(ours.get("artifacts"), hosting)
    predicted = decision.sizing.prediction
    need_gib = predicted.memory_gib.high / predicted.copies
    row = node_of(hosting, decision.machine, plan.catalogue, ours.get("topology"), need_gib)
    if hosting != "kubernetes":
        # A cloud labels its nodes so; on a cluster of one's own nobody may have.
        row = replace(row, selector={**row.selector, REGION: plan.region})
    _check_selector(ours, row)
    if plan.container.server == "neuron":
        return Prepared(ours, row, *_neuron(plan, ours))
    files = _files(plan, ours, DIRECTORY)
    image, port, health = image_for(plan, ours)
    server = PodServer(
        image=image,
        port=port,
        health=health,
        command=None,
        arguments=_arguments(plan, row, files, port),
        environment=environment_of(plan, plan.container.environment, files),
    )
    return Prepared(ours, row, server, files)


def _check_selector(ours: KubernetesArgs, row: NodeRow) -> None:
    """:class:`InputError` where a label of the user's is another than the machine's."""
    for key, value in ours.get("node_selector", {}).items():
        if row.selector.get(key, value) != value:
            raise InputError(
                f"no node is both {row.machine.name} and {key}={value}: its label is "
                f"{row.selector[key]}, and the pods would stay pending",
                fix=f"leave {key} out, or allow another machine or region in where",
                field="kubernetes.node_selector",
            )


def _neuron(plan: Plan, ours: KubernetesArgs) -> tuple[PodServer, PodFiles]:
    """AWS's image for Inferentia takes its options as variables, and its model from one folder."""
    from lichen_components.kubernetes.eks import neuron

    files = _files(plan, ours, neuron.FOLDER)
    server = PodServer(
        image=neuron.image_of_neuron(plan, ours),
        port=neuron.PORT,
        health=neuron.HEALTH,
        command=None,
        arguments=(neuron.COMMAND,),
        environment=environment_of(plan, neuron.variables_of(plan), files),
    )
    return server, files


def _files(plan: Plan, ours: KubernetesArgs, folder: str) -> PodFiles:
    location = ours.get("artifacts")
    if not isinstance(location, str):
        return PodFiles("")
    return files_of(location, plan.region, 2 * _gib(plan) + 1, folder)


def _arguments(plan: Plan, row: NodeRow, files: PodFiles, port: int) -> tuple[str, ...]:
    found = list(command_of(plan, files, port))
    if row.part is not None and row.part.nodes > 1 and "--tensor-parallel-size" in found:
        # One copy over the whole slice.
        found[found.index("--tensor-parallel-size") + 1] = str(row.part.total)
    return tuple(found)


def _gib(plan: Plan) -> int:
    return int(plan.decision.sizing.artifact_bytes / _GIB) + 1


def serve(place: ClusterPlace, plan: Plan, ready: Prepared, *after: pulumi.Resource) -> str:
    """Make all objects, after ``after``; the kind of the one that runs the pods."""
    hosting = plan.decision.placement.chosen.hosting
    if ready.args.get("kserve"):
        inference_service(place, plan, ready, *after)
        return "InferenceService"
    many = ready.row.part is not None and ready.row.part.nodes > 1
    if many:
        pods: pulumi.Resource = group(place, plan, ready, *after)
    else:
        pods = _deployment(place, plan, ready, *after)
    scale(place, plan, ready.args, Scaled(pods, GROUP if many else DEPLOYMENT), hosting)
    _service(place, plan, ready, pods, leaders_only=many)
    _budget(place)
    return "LeaderWorkerSet" if many else "Deployment"


def url_of(place: ClusterPlace, args: KubernetesArgs) -> str:
    """The address within the cluster."""
    # KServe's own service of a predictor, in either of its modes.
    host = f"{place.identity}-predictor" if args.get("kserve") else place.identity
    return f"http://{host}.{place.namespace}.svc.cluster.local"


def _deployment(
    place: ClusterPlace, plan: Plan, ready: Prepared, *after: pulumi.Resource
) -> k8s.apps.v1.Deployment:
    apps, row = k8s.apps.v1, ready.row
    least, _ = bounds(plan.decision)
    waits_s = 2 * start_s(plan)
    strategy = (
        # No second slice is asked for. Not Recreate: passing through no pods looks ready.
        apps.RollingUpdateDeploymentArgs(max_surge=0, max_unavailable=1)
        if row.scarce
        else apps.RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0)
    )
    return apps.Deployment(
        place.child("deployment"),
        metadata=place.metadata(**{"pulumi.com/timeoutSeconds": str(max(600, waits_s))}),
        spec=apps.DeploymentSpecArgs(
            # Where something scales it, the number is the scaler's alone.
            replicas=least if fixed(plan.decision, ready.args) else None,
            selector=k8s.meta.v1.LabelSelectorArgs(match_labels=place.selector),
            strategy=apps.DeploymentStrategyArgs(type="RollingUpdate", rolling_update=strategy),
            progress_deadline_seconds=max(600, waits_s),
            revision_history_limit=3,
            template=template(place, plan, ready.args, row, ready.server, ready.files),
        ),
        opts=pulumi.ResourceOptions.merge(
            place.under(*after),
            pulumi.ResourceOptions(
                custom_timeouts=pulumi.CustomTimeouts(
                    create=f"{max(600, waits_s)}s", update=f"{max(600, waits_s)}s"
                )
            ),
        ),
    )


def _service(
    place: ClusterPlace,
    plan: Plan,
    ready: Prepared,
    pods: pulumi.Resource,
    *,
    leaders_only: bool,
) -> None:
    """After the pods: an `up` waits for somebody behind a service, for 10 minutes at most, and the
    pods may take longer than that."""
    least, _ = bounds(plan.decision)
    # A service of no pods, or of pods that another object makes later, has nobody behind it yet.
    asleep = {"pulumi.com/skipAwait": "true"} if least == 0 or leaders_only else {}
    selector = dict(place.selector)
    if leaders_only:
        selector["leaderworkerset.sigs.k8s.io/worker-index"] = "0"
    k8s.core.v1.Service(
        place.child("service"),
        metadata=place.metadata(**asleep),
        spec=k8s.core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=selector,
            ports=[
                k8s.core.v1.ServicePortArgs(
                    name="http", port=_PORT, target_port=ready.server.port, protocol="TCP"
                )
            ],
        ),
        opts=place.under(pods),
    )


def _budget(place: ClusterPlace) -> None:
    """One pod at a time is drained. As many as run would let no node be drained at all."""
    k8s.policy.v1.PodDisruptionBudget(
        place.child("budget"),
        metadata=place.metadata(),
        spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            selector=k8s.meta.v1.LabelSelectorArgs(match_labels=place.selector),
        ),
        opts=place.under(),
    )
