"""A catalogue of a few machines, so that a test knows which one placement chooses."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from lichen_components.args import EndpointArgs
from lichen_components.endpoint import plan_of
from lichen_components.plan import Plan

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from tests.fixed import FIXED

CHAT: dict[str, Any] = {
    "name": "chat",
    "model": "meta-llama/Llama-3.1-8B",
    "traffic": {"peak_rps": 0.2, "mean_rps": 0.1, "input_tokens": 600, "output_tokens": 200},
    "latency": {"p95_ms": 60_000},
    "where": {"clouds": ["aws"], "hosting": ["sagemaker"], "regions": ["eu-west-3"]},
    "environment": "prod",
}
VECTORS: dict[str, Any] = {
    "name": "vectors",
    "model": "BAAI/bge-small-en-v1.5",
    "precisions": ["fp32"],
    "traffic": {"peak_rps": 2, "input_tokens": 256},
    "latency": {"p95_ms": 2_000},
    "where": {"clouds": ["aws"], "hosting": ["sagemaker"], "regions": ["us-east-1"]},
    "environment": "prod",
}
ARTIFACTS = "s3://models-{region}/it/"
ARCHIVE = "s3://models-{region}/it/model.tar.gz"
"""What a serverless endpoint and a batch take instead."""
QUEUED = {"requests": "s3://questions-{region}/it/", "results": "s3://answers-{region}/it"}
"""What an asynchronous endpoint and a batch need besides."""


class Only(Catalogue):
    """The fixed catalogue, of its machines only these."""

    def __init__(self, *machines: str) -> None:
        super().__init__(FIXED, None)
        self._kept = machines

    @cached_property
    def machines(self) -> Mapping[str, Machine]:
        fixed = super().machines
        return {name: fixed[name] for name in self._kept}


class Installed(Only):
    """The installed catalogue, of its machines only these: its rows may change."""

    def __init__(self, *machines: str) -> None:
        Catalogue.__init__(self)
        self._kept = machines


def planned(
    machine: str, workload: dict[str, Any], catalogue: type[Only] = Only, **more: Any
) -> Plan:
    """The plan of a workload where there is this machine alone."""
    usual = ARCHIVE if workload.get("mode") in ("serverless", "batch") else ARTIFACTS
    args = EndpointArgs(workload=workload, artifacts=more.pop("artifacts", usual))
    return plan_of({**args, **more}, catalogue(machine))


def camel(value: Any) -> Any:
    """A workload file's mapping as other languages write it: ``peakRps`` for ``peak_rps``."""
    if not isinstance(value, dict):
        return value
    return {_camel(key): camel(item) for key, item in value.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
