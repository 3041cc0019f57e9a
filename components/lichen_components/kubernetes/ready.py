"""A plan as pods, before anything is made."""

from __future__ import annotations

from dataclasses import dataclass

from lichen_components.kubernetes.args import KubernetesArgs
from lichen_components.kubernetes.files import PodFiles
from lichen_components.kubernetes.nodes import NodeRow
from lichen_components.kubernetes.pod import PodServer


@dataclass(frozen=True)
class Prepared:
    """The user's arguments, the machine as a node, the server and the model's files."""

    args: KubernetesArgs
    row: NodeRow
    server: PodServer
    files: PodFiles
