"""Where emulated clouds put the nodes of their pools: a cluster that is running beside them.

A pool's nodes are as many as its greatest size: nothing here adds them when pods wait for one, as a
cluster's autoscaler would. Without a cluster a pool is a
row of a list and no more.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.kubernetes.api import Api
from sandbox.kubernetes.nodes import Node


def keep(label: str, pool: str, nodes: Sequence[Node], kubeconfig: str) -> None:
    """Make these the nodes whose ``label`` is ``pool``: what lacks is registered, what is too much
    goes. ``kubeconfig`` is a path."""
    api = Api.of(kubeconfig)
    wanted = {node.name: node for node in nodes}
    there = {
        one["metadata"]["name"]
        for one in api.items("v1", "Node", None, labelSelector=f"{label}={pool}")
    }
    for name in sorted(there - wanted.keys()):
        api.call("DELETE", f"/api/v1/nodes/{name}")
    for name in sorted(wanted.keys() - there):
        api.call("POST", "/api/v1/nodes", wanted[name].as_object())


def offers(plugin: str, kubeconfig: str) -> bool:
    """Whether the cluster runs a device plugin: a DaemonSet of any namespace with this in its
    name."""
    sets = Api.of(kubeconfig).items("apps/v1", "DaemonSet", "*")
    return any(plugin in one["metadata"]["name"] for one in sets)
