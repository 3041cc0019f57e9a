"""What pods ask for, where their nodes must be, and what of a cluster is not judged at all."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from lichen_policies.dialects import kubernetes
from lichen_policies.facts import (
    ClaimedDevices,
    Fact,
    Located,
    Machines,
    MachineTemplate,
    NeuronNodes,
    NodePool,
    Scaling,
    Serving,
    ServingContainer,
    is_unknown,
)
from lichen_policies.facts.readers.kubernetes.accelerators import part_of_chip
from lichen_policies.facts.reading import facts_of


def facts(text: str, **metadata: Any) -> tuple[Fact, ...]:
    """The facts of one object, as YAML."""
    found = yaml.safe_load(text)
    found["metadata"] = {"name": "chat", **metadata}
    read = facts_of(kubernetes.resource(found, "chat.yaml"))
    assert read is not None
    return read


def of(kind: type[Fact], text: str, **metadata: Any) -> Any:
    """The only fact of a kind."""
    (fact,) = (fact for fact in facts(text, **metadata) if isinstance(fact, kind))
    return fact


def pod(spec: str) -> str:
    return f"{{apiVersion: v1, kind: Pod, spec: {spec}}}"


def asking(limits: str, selector: str = "{}") -> str:
    return pod(
        f"{{nodeSelector: {selector}, containers: [{{image: a, resources: {{limits: {limits}}}}}]}}"
    )


@pytest.mark.parametrize(
    ("resource", "machine", "part"),
    [
        ("nvidia.com/gpu", None, 1),
        ("amd.com/gpu", None, 1),
        ("google.com/tpu", None, 1),
        ("aws.amazon.com/neuron", None, 1),
        ("habana.ai/gaudi", None, 1),
        ("aws.amazon.com/neuroncore", "inf2.xlarge", 1 / 2),
        ("aws.amazon.com/neuroncore", "inf1.xlarge", 1 / 4),
        ("aws.amazon.com/neuroncore", "trn2.48xlarge", 1 / 4),
        ("nvidia.com/mig-1g.5gb", None, 1 / 7),
        ("nvidia.com/mig-3g.20gb", None, 3 / 7),
        ("nvidia.com/mig-1g.10gb.me", None, 1 / 7),
        ("nvidia.com/mig-1g.6gb", None, 1 / 4),
        ("nvidia.com/mig-4g.24gb", None, 1),
        ("nvidia.com/mig-2g.48gb", None, 2 / 4),
        ("nvidia.com/gpu.shared", None, None),
    ],
)
def test_a_part_of_a_chip(resource: str, machine: str | None, part: float | None) -> None:
    assert part_of_chip(resource, machine) == part


def test_containers_of_a_pod_add_up_and_those_before_them_do_not() -> None:
    limits = "{resources: {limits: {nvidia.com/gpu: 2}}, image: a}"
    before = "{resources: {limits: {nvidia.com/gpu: 3}}, image: a}"
    machines = of(
        Machines, pod(f"{{initContainers: [{before}], containers: [{limits}, {limits}]}}")
    )
    assert (machines.chips_each, machines.machines, machines.unit) == (4, 1, "pods")
    machines = of(Machines, pod(f"{{initContainers: [{before}], containers: [{limits}]}}"))
    assert machines.chips_each == 3


@pytest.mark.parametrize(
    ("selector", "chips"),
    [
        ("{cloud.google.com/gke-max-shared-clients-per-gpu: '4'}", 1 / 4),
        ("{cloud.google.com/gke-gpu-partition-size: 1g.5gb}", 1 / 7),
        ("{}", 1),
    ],
)
def test_a_gpu_that_nodes_share_counts_as_its_share(selector: str, chips: float) -> None:
    assert of(Machines, asking("{nvidia.com/gpu: 1}", selector)).chips_each == chips


@pytest.mark.parametrize(
    ("selector", "chip"),
    [
        ("{cloud.google.com/gke-accelerator: nvidia-h100-80gb}", "nvidia-h100-80gb"),
        ("{eks.amazonaws.com/instance-gpu-name: l40s}", "l40s"),
        ("{cloud.google.com/gke-accelerator: 'hunter2 CANARY'}", "NVIDIA GPU"),
        ("{karpenter.k8s.aws/instance-gpu-name: hunter2}", "NVIDIA GPU"),
        ("{}", "NVIDIA GPU"),
    ],
)
def test_a_chip_is_named_by_names_of_chips_alone(selector: str, chip: str) -> None:
    assert of(Machines, asking("{nvidia.com/gpu: 1}", selector)).chip == chip


@pytest.mark.parametrize(
    ("selector", "region"),
    [
        ("{topology.kubernetes.io/region: eu-north-1}", "eu-north-1"),
        ("{topology.kubernetes.io/zone: europe-north1-b}", "europe-north1"),
        ("{failure-domain.beta.kubernetes.io/zone: eu-north-1a}", "eu-north-1"),
    ],
)
def test_pods_are_where_their_nodes_must_be(selector: str, region: str) -> None:
    located = of(Located, asking("{nvidia.com/gpu: 1}", selector))
    assert located.region == region
    assert located.region_at.startswith('spec.nodeSelector["')


def affinity(values: str, terms: int = 1) -> str:
    key = "topology.kubernetes.io/zone"
    term = f"{{matchExpressions: [{{key: {key}, operator: In, values: {values}}}]}}"
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    selector = f"{{nodeSelectorTerms: [{', '.join([term] * terms)}]}}"
    return pod(
        f"{{affinity: {{nodeAffinity: {{{required}: {selector}}}}}, "
        "containers: [{image: a, resources: {limits: {nvidia.com/gpu: 1}}}]}"
    )


def test_zones_of_one_region_are_in_it() -> None:
    assert of(Located, affinity("[eu-north-1a, eu-north-1b]")).region == "eu-north-1"


@pytest.mark.parametrize("text", [affinity("[eu-north-1a, us-east-1a]"), affinity("[a]", terms=2)])
def test_pods_that_may_run_in_several_regions_are_not_placed(text: str) -> None:
    assert not any(isinstance(fact, Located) for fact in facts(text))


def test_a_selector_that_is_not_rendered_yet_is_unknown() -> None:
    text = asking("{nvidia.com/gpu: 1}", "{topology.kubernetes.io/zone: '${REGION}a'}")
    assert not any(isinstance(fact, Located) for fact in facts(text))
    served = text.replace("image: a", "image: vllm/vllm-openai")
    assert is_unknown(of(Located, served).context.region)


SERVERS = (
    "vllm/vllm-openai:v0.9.1",
    "registry.example:5000/mirror/vllm/vllm-openai@sha256:00",
    "public.ecr.aws/deep-learning-containers/vllm:0.9",
    "ghcr.io/huggingface/text-embeddings-inference:1.7",
    "nvcr.io/nvidia/tritonserver:25.06-py3",
    "nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8",
    "lmsysorg/sglang:latest",
    "ollama/ollama",
    "ghcr.io/ggml-org/llama.cpp:server",
    "kserve/huggingfaceserver:v0.15.0-gpu",
    "vllm/vllm-tpu:nightly",
    "us-docker.pkg.dev/cloud-tpu-images/inference/tf-serving-tpu:2.13.0",
    "us-docker.pkg.dev/cloud-tpu-images/inference/jetstream-http:v0.2.3",
    "pytorch/torchserve-kfs:0.9.0",
    "763104351884.dkr.ecr.eu-north-1.amazonaws.com/huggingface-pytorch-inference-neuronx:2.8.0",
    "us-docker.pkg.dev/deeplearning-platform-release/gcr.io/"
    "huggingface-text-generation-inference-cu124.2-3.ubuntu2204.py311",
)


@pytest.mark.parametrize("image", SERVERS)
def test_a_server_of_models_serves(image: str) -> None:
    container = of(ServingContainer, pod(f"{{containers: [{{image: '{image}'}}]}}"))
    assert container.image == image
    assert of(Serving, pod(f"{{containers: [{{image: '{image}'}}]}}")).machine is None


@pytest.mark.parametrize(
    "image",
    [
        "nginx:1.27",
        "ollama-webui:1",
        "acme/vllm.client:1",
        "triton/inference-gateway",
        "nimble/nim-x",
    ],
)
def test_other_images_do_not(image: str) -> None:
    assert facts(pod(f"{{containers: [{{image: '{image}'}}]}}")) == ()


COMMANDS = (
    "command: [vllm, serve, a/b]",
    "command: [python3, -m, vllm.entrypoints.openai.api_server], args: [--model, a/b]",
    "command: [/bin/bash, -lc], args: ['exec vllm serve a/b']",
    "command: [/app/llama-server], args: [-m, /models/a.gguf]",
    "command: [python3, -m, sglang.launch_server]",
    "command: [sh, -c, 'mpirun tritonserver --model-repository=/models']",
)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_that_starts_a_server_of_models_serves(line: str) -> None:
    assert of(Serving, pod(f"{{containers: [{{image: 'acme/chat:1', {line}}}]}}"))


@pytest.mark.parametrize(
    "line",
    [
        "command: [sleep, infinity]",
        "command: [sh, -c, 'pip install genai-perf && genai-perf profile -m a/b']",
        "command: [vllm, bench, serve, --model, a/b]",
    ],
)
def test_a_client_in_the_image_of_a_server_serves_nothing(line: str) -> None:
    assert facts(pod(f"{{containers: [{{image: 'vllm/vllm-openai:v0.9.1', {line}}}]}}")) == ()


@pytest.mark.parametrize("line", ["[sleep, infinity]", "[sh, -c, 'genai-perf profile -m a/b']"])
def test_a_client_serves_nothing_with_an_accelerator_either(line: str) -> None:
    text = pod(
        f"{{containers: [{{image: 'nvcr.io/nvidia/tritonserver:25.06-py3-sdk', command: {line}, "
        "resources: {limits: {nvidia.com/gpu: 1}}}]}"
    )
    assert not any(isinstance(fact, Serving | ServingContainer) for fact in facts(text))
    assert of(Machines, text).chips_each == 1


def test_a_server_that_a_script_starts_serves_with_its_accelerator() -> None:
    text = pod(
        "{containers: [{image: 'vllm/vllm-openai:v0.9.1', command: [bash, /start.sh], "
        "resources: {limits: {nvidia.com/gpu: 1}}}]}"
    )
    assert of(Serving, text).chips == 1
    assert of(ServingContainer, text).starts_otherwise


def test_a_command_line_has_the_values_that_the_container_sets() -> None:
    container = of(
        ServingContainer,
        pod(
            "{containers: [{image: vllm/vllm-openai, env: [{name: TP, value: '4'}, "
            "{name: KEY, valueFrom: {fieldRef: {}}}], "
            "args: [-tp, $(TP), '--a=${TP}', --key, $(KEY), $OTHER]}]}"
        ),
    )
    assert container.arguments == ("-tp", "4", "--a=4", "--key", "${KEY}", "$OTHER")


def test_the_pods_of_one_copy_of_a_language_model_add_up() -> None:
    spec = "{containers: [{name: main, resources: {limits: {nvidia.com/gpu: 8}}}]}"
    text = (
        "{apiVersion: serving.kserve.io/v1alpha2, kind: LLMInferenceService, spec: {model: {}, "
        f"parallelism: PARALLEL, template: {spec}, worker: {spec}}}}}"
    )
    for parallel, chips in (
        ("{data: 16, dataLocal: 8}", 16),
        ("{pipeline: 3, tensor: 8}", 24),
        ("{tensor: 8}", 8),
        ("{}", 8),
    ):
        machines = of(Machines, text.replace("PARALLEL", parallel))
        assert (machines.chips_each, machines.unit) == (chips, "pod groups")


def test_a_language_model_may_scale_itself() -> None:
    text = (
        "{apiVersion: serving.kserve.io/v1alpha2, kind: LLMInferenceService, spec: {model: {}, "
        "scaling: {maxReplicas: 9}, template: {containers: [{name: main, resources: {limits: "
        "{nvidia.com/gpu: 1}}}]}}}"
    )
    assert of(Machines, text).machines == 9
    scaling = of(Scaling, text)
    assert (scaling.floor, scaling.floor_by_default, scaling.least) == (1, True, 1)


def test_a_passport_in_annotations_serves_and_labels_are_read_beside_it() -> None:
    text = pod("{containers: [{image: 'acme/chat:1'}]}")
    serving = of(
        Serving, text, annotations={"lichen.dev/model": "a/b"}, labels={"environment": "dev"}
    )
    assert (serving.environment, serving.passport.model) == ("dev", "a/b")


def test_what_an_image_is_built_for_is_no_passport_of_its_own() -> None:
    text = pod("{containers: [{image: 'acme/web:1'}]}")
    built_for = {"lichen.dev/image-architecture": "arm64"}
    assert not any(isinstance(fact, Serving) for fact in facts(text, annotations=built_for))
    of(Serving, text, annotations={**built_for, "lichen.dev/model": "a/b"})


def test_settings_and_arguments_of_a_container() -> None:
    container = of(
        ServingContainer,
        pod(
            "{nodeSelector: {kubernetes.io/arch: amd64}, containers: [{image: vllm/vllm-openai, "
            "args: [--model, a], env: [{name: A, value: b}, {name: C, valueFrom: {}}, "
            "{name: D, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: E}]}]}"
        ),
    )
    assert container.arguments == ("--model", "a")
    assert container.architecture == "x86_64"
    assert {key: value for key, value in container.settings.items() if not is_unknown(value)} == {
        "A": "b",
        "C": "",
        "E": "",
    }
    assert is_unknown(container.settings["D"])


def test_a_line_of_a_shell_is_taken_apart() -> None:
    image = "image: vllm/vllm-openai"
    line = "exec vllm serve a --max-model-len 8192 \\\n  --dtype=half"
    container = of(
        ServingContainer,
        pod(f"{{containers: [{{{image}, command: [sh, -c], args: ['{line}']}}]}}"),
    )
    assert container.arguments[2:] == (
        *("exec", "vllm", "serve", "a", "--max-model-len", "8192", "--dtype=half"),
    )
    whole = of(ServingContainer, pod(f"{{containers: [{{{image}, args: ['a b', c]}}]}}"))
    assert whole.arguments == ("a b", "c")


def test_the_machine_of_nodes_is_a_template_of_machines() -> None:
    text = asking("{nvidia.com/gpu: 1}", "{node.kubernetes.io/instance-type: p3.2xlarge}")
    assert of(MachineTemplate, text).machine == "p3.2xlarge"
    assert of(Machines, text).machine is None


@pytest.mark.parametrize(
    ("text", "machines", "chips"),
    [
        (
            "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 3, template: {spec: POD}}}",
            3,
            1,
        ),
        ("{apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: POD}}}", 1, 1),
        (
            "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 0, template: {spec: POD}}}",
            0,
            1,
        ),
        ("{apiVersion: apps/v1, kind: DaemonSet, spec: {template: {spec: POD}}}", 1, 1),
        ("{apiVersion: batch/v1, kind: Job, spec: {parallelism: 4, template: {spec: POD}}}", 4, 1),
        (
            "{apiVersion: batch/v1, kind: CronJob, spec: "
            "{jobTemplate: {spec: {parallelism: 4, completions: 2, template: {spec: POD}}}}}",
            2,
            1,
        ),
        (
            "{apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, spec: {replicas: 2, "
            "leaderWorkerTemplate: {size: 3, leaderTemplate: {spec: {containers: [{image: a}]}}, "
            "workerTemplate: {spec: POD}}}}",
            2,
            2,
        ),
        (
            "{apiVersion: ray.io/v1, kind: RayCluster, spec: {enableInTreeAutoscaling: true, "
            "workerGroupSpecs: [{maxReplicas: 5, numOfHosts: 4, template: TEMPLATE}]}}",
            5,
            4,
        ),
        (
            "{apiVersion: ray.io/v1, kind: RayJob, spec: {rayClusterSpec: {"
            "workerGroupSpecs: [{replicas: 3, maxReplicas: 5, template: {spec: POD}}]}}}",
            3,
            1,
        ),
        (
            "{apiVersion: serving.kserve.io/v1beta1, kind: InferenceService, spec: {predictor: "
            "{maxReplicas: 6, model: {resources: {limits: {nvidia.com/gpu: 1}}}}}}",
            6,
            1,
        ),
        (
            "{apiVersion: serving.knative.dev/v1, kind: Service, spec: {template: {metadata: "
            "{annotations: {autoscaling.knative.dev/max-scale: '7'}}, spec: POD}}}",
            7,
            1,
        ),
        (
            "{apiVersion: kubeflow.org/v1, kind: XGBoostJob, spec: {xgbReplicaSpecs: "
            "{Master: {template: {spec: {containers: [{image: a}]}}}, "
            "Worker: {replicas: 6, template: {spec: POD}}}}}",
            6,
            1,
        ),
        (
            "{apiVersion: batch.volcano.sh/v1alpha1, kind: Job, spec: {tasks: "
            "[{replicas: 3, template: {spec: POD}}]}}",
            3,
            1,
        ),
        (
            "{apiVersion: trainer.kubeflow.org/v1alpha1, kind: TrainJob, spec: {trainer: "
            "{numNodes: 4, resourcesPerNode: {limits: {nvidia.com/gpu: 8}}}}}",
            4,
            8,
        ),
        (
            "{apiVersion: jobset.x-k8s.io/v1alpha2, kind: JobSet, spec: {replicatedJobs: "
            "[{replicas: 2, template: {spec: {parallelism: 8, completions: 4, "
            "template: {spec: POD}}}}]}}",
            8,
            1,
        ),
        (
            "{apiVersion: apps.nvidia.com/v1alpha1, kind: NIMService, spec: {scale: {enabled: "
            "true, hpa: {maxReplicas: 3}}, resources: {limits: {nvidia.com/gpu: 2}}}}",
            3,
            2,
        ),
    ],
)
def test_how_many_pods_each_kind_runs_at_the_most(text: str, machines: int, chips: float) -> None:
    spec = "{containers: [{image: a, resources: {limits: {nvidia.com/gpu: 1}}}]}"
    found = of(Machines, text.replace("TEMPLATE", "{spec: POD}").replace("POD", spec))
    assert (found.machines, found.chips_each) == (machines, chips)


def test_a_share_of_a_size_that_only_the_cluster_knows_is_not_counted() -> None:
    assert not any(isinstance(f, Machines) for f in facts(asking("{nvidia.com/gpu.shared: 1}")))


FREE = (
    "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 40, template: {spec: "
    "{nodeSelector: {topology.kubernetes.io/region: ap-south-1, "
    "node.kubernetes.io/instance-type: m6i.large}, containers: [{image: 'shop:1'}]}}}}",
    "{apiVersion: apps/v1, kind: StatefulSet, spec: {replicas: 3, template: {spec: "
    "{containers: [{image: 'postgres:16', resources: {limits: {memory: 64Gi}}}]}}}}",
    "{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: "
    "{containers: [{image: 'backup:1'}]}}}}}}",
    "{apiVersion: serving.knative.dev/v1, kind: Service, spec: {template: {metadata: "
    "{annotations: {autoscaling.knative.dev/min-scale: '3'}}, spec: {containers: [{image: a}]}}}}",
    "{apiVersion: ray.io/v1, kind: RayCluster, spec: {headGroupSpec: {template: {spec: "
    "{containers: [{image: 'ray:1'}]}}}, workerGroupSpecs: [{replicas: 9, template: {spec: "
    "{containers: [{image: 'ray:1'}]}}}]}}",
)


@pytest.mark.parametrize("text", FREE)
def test_what_neither_serves_models_nor_carries_accelerators_is_free(text: str) -> None:
    assert facts(text, labels={"app": "shop"}) == ()


def test_a_general_pool_of_karpenter_is_free_but_for_its_own_rule() -> None:
    pool = "{apiVersion: karpenter.sh/v1, kind: NodePool, spec: {template: {}}}"
    assert not of(NodePool, pool).accelerated
    # Beside it are nodes that may have Neuron chips: which machines it makes is not said.
    assert {type(found) for found in facts(pool)} == {NodePool, NeuronNodes}


def test_a_runtime_runs_nothing_by_itself() -> None:
    text = (
        "{apiVersion: serving.kserve.io/v1alpha1, kind: ClusterServingRuntime, spec: {containers: "
        "[{name: kserve-container, image: 'kserve/huggingfaceserver:latest', "
        "resources: {limits: {nvidia.com/gpu: 8}}}]}}"
    )
    (found,) = facts(text)
    assert isinstance(found, ServingContainer)


def test_the_floor_of_a_language_model_s_workers_scales_only_where_the_cluster_does() -> None:
    text = (
        "{apiVersion: ray.io/v1, kind: RayService, spec: {rayClusterConfig: {"
        "enableInTreeAutoscaling: SCALES, workerGroupSpecs: [{minReplicas: 1, template: {spec: "
        "{containers: [{image: a, resources: {limits: {nvidia.com/gpu: 1}}}]}}}]}}}"
    )
    assert of(Scaling, text.replace("SCALES", "true")).floor == 1
    assert not any(isinstance(f, Scaling) for f in facts(text.replace("SCALES", "false")))


def test_the_roles_of_a_job_add_up() -> None:
    spec = "{containers: [{image: a, resources: {limits: {nvidia.com/gpu: 4}}}]}"
    text = (
        "{apiVersion: kubeflow.org/v1, kind: PyTorchJob, spec: {pytorchReplicaSpecs: "
        f"{{Master: {{template: {{spec: {spec}}}}}, "
        f"Worker: {{replicas: 3, template: {{spec: {spec}}}}}}}}}}}"
    )
    groups = [fact for fact in facts(text) if isinstance(fact, Machines)]
    assert [(group.machines, group.machines_at) for group in groups] == [
        (1, "spec.pytorchReplicaSpecs.Master.replicas"),
        (3, "spec.pytorchReplicaSpecs.Worker.replicas"),
    ]


def test_a_job_that_is_not_started_yet_runs_nothing() -> None:
    text = (
        "{apiVersion: jobset.x-k8s.io/v1alpha2, kind: JobSet, spec: {suspend: true, "
        "replicatedJobs: [{template: {spec: {template: {spec: {containers: "
        "[{image: a, resources: {limits: {nvidia.com/gpu: 8}}}]}}}}}]}}"
    )
    assert facts(text) == ()


def test_a_cluster_of_eksctl_names_its_region_and_its_machines() -> None:
    text = (
        "{apiVersion: eksctl.io/v1alpha5, kind: ClusterConfig, managedNodeGroups: "
        "[{name: a, instanceType: g5.12xlarge, desiredCapacity: 3}, {name: b, minSize: 1, "
        "maxSize: 9, spot: true, instanceTypes: [p5.48xlarge, p4d.24xlarge]}], "
        "nodeGroups: [{name: c, instanceType: mixed, instancesDistribution: "
        "{instanceTypes: [g6.xlarge]}}, {name: d}]}"
    )
    found = facts(text, region="ap-south-1")
    groups = [fact for fact in found if isinstance(fact, Machines)]
    assert [(each.machine, each.any_of, each.machines, each.least) for each in groups] == [
        ("g5.12xlarge", (), 3, 3),
        (None, ("p5.48xlarge", "p4d.24xlarge"), 9, 1),
        ("g6.xlarge", (), 2, 2),
        ("m5.large", (), 2, 2),
    ]
    assert {fact.region for fact in found if isinstance(fact, Located)} == {"ap-south-1"}
    assert all(fact.cloud == "aws" for fact in groups)
    open_ = facts(text, region="$REGION")
    assert all(is_unknown(f.context.region) for f in open_ if isinstance(f, Located))


CLAIM = "deviceClassName: gpu.nvidia.com, count: 4"
MIG = """deviceClassName: mig.nvidia.com, selectors: [{cel: {expression:
    "device.attributes['gpu.nvidia.com'].profile == '1g.5gb'"}}]"""


@pytest.mark.parametrize(
    ("version", "asked", "chips"),
    [
        ("v1", f"{{exactly: {{{CLAIM}}}}}", 4),
        ("v1beta1", f"{{{CLAIM}}}", 4),
        ("v1beta2", "{exactly: {deviceClassName: neuron.aws.com}}", 1),
        ("v1", f"{{firstAvailable: [{{{CLAIM}}}, {{deviceClassName: gpu.nvidia.com}}]}}", 4),
        ("v1", f"{{exactly: {{{MIG}}}}}", 1 / 7),
        ("v1", "{exactly: {deviceClassName: netdev.google.com, count: 8}}", None),
        ("v1", "{exactly: {deviceClassName: mig.nvidia.com}}", None),
    ],
)
def test_what_a_claim_of_devices_asks_for(version: str, asked: str, chips: float | None) -> None:
    kind = f"apiVersion: resource.k8s.io/{version}, kind: ResourceClaim"
    devices = f"devices: {{requests: [{asked}]}}"
    template = of(ClaimedDevices, f"{{{kind}Template, spec: {{spec: {{{devices}}}}}}}")
    assert template.chips == (None if chips is None else pytest.approx(chips))
    claim = [f for f in facts(f"{{{kind}, spec: {{{devices}}}}}") if isinstance(f, Machines)]
    assert [fact.chips_each for fact in claim] == ([] if chips is None else [template.chips])


def test_all_devices_of_a_node_are_a_number_that_nobody_knows() -> None:
    text = (
        "{apiVersion: resource.k8s.io/v1, kind: ResourceClaim, spec: {devices: {requests: "
        "[{exactly: {deviceClassName: gpu.nvidia.com, allocationMode: All}}]}}}"
    )
    assert is_unknown(of(Machines, text).as_read("chips_each"))


def test_how_many_pods_of_a_daemon_set_serve_nobody_can_say() -> None:
    text = (
        "{apiVersion: apps/v1, kind: DaemonSet, spec: {template: {spec: {containers: "
        "[{image: 'vllm/vllm-openai:v0.9.1', resources: {limits: {nvidia.com/gpu: 1}}}]}}}}"
    )
    assert is_unknown(of(Serving, text).as_read("machines"))
    assert of(Machines, text).machines == 1
