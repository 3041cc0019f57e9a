"""A cluster as a context: a control plane on loopback, nodes that somebody registers, pods that
become ready where the scheduler puts them."""

from __future__ import annotations

import json
import secrets
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sandbox.errors import EmulatorFailed, Refused
from sandbox.kubernetes.api import Api, Object
from sandbox.kubernetes.nodes import Node
from sandbox.kubernetes.provider.waits import PATIENCE
from sandbox.serving import free_ports

START_S = 120
CONTROLLERS = (
    "deployment-controller",
    "disruption-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "horizontal-pod-autoscaler-controller",
    "namespace-controller",
    "pod-garbage-collector-controller",
    "replicaset-controller",
    "serviceaccount-controller",
)
"""Not the one of nodes' lives: nothing sends our nodes' heartbeats."""

_TICK_S = 0.3
_PATIENCE_S = 8
_CRDS = Path(__file__).resolve().parent / "crds"


@dataclass(frozen=True)
class Cluster:
    """A running cluster; ``kubeconfig`` is the path of an administrator's."""

    api: Api
    kubeconfig: Path

    def environment(self) -> dict[str, str]:
        """The variables that send clients and our provider here."""
        return {"KUBECONFIG": str(self.kubeconfig), PATIENCE: str(_PATIENCE_S)}

    def register(self, nodes: Iterable[Node]) -> None:
        """Nodes as their kubelets would make them."""
        for node in nodes:
            self.api.call("POST", "/api/v1/nodes", node.as_object())

    def forget(self, names: Iterable[str]) -> None:
        """Take nodes out."""
        for name in names:
            self.api.call("DELETE", f"/api/v1/nodes/{name}")

    def node_names(self) -> list[str]:
        return [one["metadata"]["name"] for one in self.api.items("v1", "Node", None)]

    def left(self, namespace: str) -> list[str]:
        """What a deployment left in a namespace, as ``Kind/name``."""
        kinds = (
            ("apps/v1", "Deployment"),
            ("v1", "Service"),
            ("autoscaling/v2", "HorizontalPodAutoscaler"),
            ("policy/v1", "PodDisruptionBudget"),
            ("keda.sh/v1alpha1", "ScaledObject"),
            ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"),
        )
        return [
            f"{kind}/{one['metadata']['name']}"
            for version, kind in kinds
            for one in self.api.items(version, kind, namespace)
            if one["metadata"]["name"] != "kubernetes"
        ]


@contextmanager
def cluster(program: Path) -> Iterator[Cluster]:
    """A cluster without nodes on free loopback ports; all of it is gone at the end.

    ``program`` is the one that :func:`sandbox.kubernetes.build.ensure` gives. Every part of it ends
    with this process. Raises EmulatorFailed with what it wrote where it does not start.
    """
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kubernetes-")))
        token = secrets.token_hex(16)
        (place / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
        (place / "key.pem").write_bytes(_key())
        etcd, peer, port = free_ports(3)
        api = Api(f"https://127.0.0.1:{port}", token)
        kubeconfig = place / "kubeconfig"
        kubeconfig.write_text(_kubeconfig(api))
        _start(stack, program, place, "etcd", _etcd(place, etcd, peer))
        _start(stack, program, place, "kube-apiserver", _apiserver(place, etcd, port))
        _until_answers(api, place)
        for part, options in _others(kubeconfig).items():
            _start(stack, program, place, part, options)
        for file in sorted(_CRDS.glob("*.yaml")):
            api.apply(yaml.safe_load(file.read_text()), manager="sandbox")
        _until_established(api)
        stop = threading.Event()
        kubelets = threading.Thread(target=_kubelets, args=(api, stop), daemon=True)
        kubelets.start()
        stack.callback(kubelets.join, 2)
        stack.callback(stop.set)
        yield Cluster(api, kubeconfig)


def _start(
    stack: ExitStack, program: Path, place: Path, part: str, options: Mapping[str, str]
) -> None:
    flags = [f"--{name}={value}" for name, value in options.items()]
    log = stack.enter_context((place / f"{part}.log").open("wb"))
    process = subprocess.Popen(
        [str(program), part, *flags],
        stdin=subprocess.PIPE,  # it ends when this closes
        stdout=log,
        stderr=log,
        cwd=place,
        start_new_session=True,
    )
    stack.callback(_stop, process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """At once: the API server's own stop takes a minute."""
    process.kill()
    process.wait()
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()


def _etcd(place: Path, port: int, peer: int) -> dict[str, str]:
    return {
        "data-dir": str(place / "etcd"),
        "listen-client-urls": f"http://127.0.0.1:{port}",
        "advertise-client-urls": f"http://127.0.0.1:{port}",
        "listen-peer-urls": f"http://127.0.0.1:{peer}",
        "initial-advertise-peer-urls": f"http://127.0.0.1:{peer}",
        "initial-cluster": f"default=http://127.0.0.1:{peer}",
        "unsafe-no-fsync": "true",
        "log-level": "error",
    }


def _apiserver(place: Path, etcd: int, port: int) -> dict[str, str]:
    return {
        "etcd-servers": f"http://127.0.0.1:{etcd}",
        "bind-address": "127.0.0.1",
        "secure-port": str(port),
        "endpoint-reconciler-type": "none",  # it refuses a loopback address
        "cert-dir": str(place / "certificates"),
        "token-auth-file": str(place / "tokens.csv"),
        "authorization-mode": "RBAC",
        "service-account-key-file": str(place / "key.pem"),
        "service-account-signing-key-file": str(place / "key.pem"),
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-cluster-ip-range": "10.0.0.0/24",
        # Pods have no account's token here, and nothing takes the taints of new nodes off.
        "disable-admission-plugins": "ServiceAccount,TaintNodesByCondition",
        # As on GKE: a pod that asks for google.com/tpu gets that toleration.
        "enable-admission-plugins": "ExtendedResourceToleration",
        "profiling": "false",
    }


def _others(kubeconfig: Path) -> dict[str, dict[str, str]]:
    """The controllers and the scheduler; neither serves anything itself."""
    alone = {"kubeconfig": str(kubeconfig), "leader-elect": "false", "secure-port": "0"}
    sync = {"horizontal-pod-autoscaler-sync-period": "2s"}
    return {
        "kube-controller-manager": {**alone, **sync, "controllers": ",".join(CONTROLLERS)},
        "kube-scheduler": alone,
    }


def _until_answers(api: Api, place: Path) -> None:
    ends = time.monotonic() + START_S
    while True:
        with suppress(Refused):
            if api.call("GET", "/readyz").get("text") == "ok":
                return
        if time.monotonic() > ends:
            logs = "\n".join(
                f"{log.name}: {log.read_text(errors='replace')[-1500:]}"
                for log in sorted(place.glob("*.log"))
            )
            raise EmulatorFailed(f"Kubernetes did not start within {START_S} s:\n{logs}")
        time.sleep(_TICK_S)


def _until_established(api: Api) -> None:
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    ends = time.monotonic() + START_S
    while time.monotonic() < ends:
        if all(_is(one, "Established") for one in api.call("GET", path)["items"]):
            return
        time.sleep(_TICK_S)
    raise EmulatorFailed(f"the CRDs were not established within {START_S} s")


def _is(thing: Object, condition: str) -> bool:
    conditions = thing.get("status", {}).get("conditions") or []
    return any(one["type"] == condition and one["status"] == "True" for one in conditions)


def _kubelets(api: Api, stop: threading.Event) -> None:
    """Every node's kubelet: a pod that the scheduler put on a node is running and ready; one that
    is deleted is gone."""
    while not stop.wait(_TICK_S):
        with suppress(Refused):  # the server ends before we do
            for pod in api.items("v1", "Pod", "*"):
                metadata = pod["metadata"]
                path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
                with suppress(Refused):  # someone else was faster
                    if metadata.get("deletionTimestamp"):
                        api.call("DELETE", path, gracePeriodSeconds="0")
                    elif pod["spec"].get("nodeName") and not _is(pod, "Ready"):
                        api.call(
                            "PATCH",
                            f"{path}/status",
                            {"status": _running(pod)},
                            kind="application/strategic-merge-patch+json",
                        )


def _running(pod: Object) -> Object:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    conditions = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    return {
        "phase": "Running",
        "podIP": f"10.1.{secrets.randbelow(250)}.{1 + secrets.randbelow(250)}",
        "startTime": now,
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": now} for kind in conditions
        ],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": container["image"],
                "ready": True,
                "restartCount": 0,
                "started": True,
                "state": {"running": {"startedAt": now}},
            }
            for container in pod["spec"]["containers"]
        ],
    }


def _kubeconfig(api: Api) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "sandbox",
            "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "admin"}}],
            "clusters": [
                {
                    "name": "sandbox",
                    "cluster": {"server": api.server, "insecure-skip-tls-verify": True},
                }
            ],
            "users": [{"name": "admin", "user": {"token": api.token}}],
        },
        indent=1,
    )


def _key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
