"""A policy pack as its own process, spoken to as the engine does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as rpc
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

REPOSITORY = Path(__file__).parents[1]
PACK = REPOSITORY / "policies" / "crossguard"

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends for a text that is known only after deployment."""

ENDPOINT_CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"


class Pack:
    """A running pack: the calls that the engine makes, in plain values."""

    def __init__(self, stub: AnalyzerStub, process: subprocess.Popen[str]) -> None:
        self.stub, self.process = stub, process

    def info(self) -> rpc.AnalyzerInfo:
        info: rpc.AnalyzerInfo = self.stub.GetAnalyzerInfo(empty_pb2.Empty())
        return info

    def configure_stack(self, stack: str, **config: str) -> None:
        self.stub.ConfigureStack(
            rpc.AnalyzerStackConfigureRequest(
                stack=stack, project="demo", dry_run=True, config=config
            )
        )

    def configure(
        self, **policies: tuple[rpc.EnforcementLevel.ValueType, Mapping[str, Any]]
    ) -> None:
        """Configure every policy as the engine does: with its declared level, or the one given."""
        sent = {
            policy.name: rpc.PolicyConfig(enforcementLevel=policy.enforcementLevel)
            for policy in self.info().policies
        }
        for name, (level, properties) in policies.items():
            rule = name.replace("_", "-")
            sent[rule] = rpc.PolicyConfig(enforcementLevel=level, properties=struct(properties))
        self.stub.Configure(rpc.ConfigureAnalyzerRequest(policyConfig=sent))

    def analyze(
        self, type_: str, properties: Mapping[str, Any], provider: Mapping[str, Any] | None = None
    ) -> rpc.AnalyzeResponse:
        answer: rpc.AnalyzeResponse = self.stub.Analyze(request(type_, properties, provider))
        return answer


def request(
    type_: str, properties: Mapping[str, Any], provider: Mapping[str, Any] | None = None
) -> rpc.AnalyzeRequest:
    made = None
    if provider is not None:
        made = rpc.AnalyzerProviderResource(
            type="pulumi:providers:aws", name="mine", properties=struct(provider)
        )
    return rpc.AnalyzeRequest(
        type=type_,
        name="chat",
        urn=f"urn:pulumi:dev::demo::{type_}::chat",
        properties=struct(properties),
        provider=made,
    )


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


@contextmanager
def running(
    pack: Path = PACK, *, project: Path, stack: str = "dev", **environment: str
) -> Iterator[Pack]:
    """The pack in its own process group, always ended; started in the project."""
    known = {"AWS_REGION", "AWS_DEFAULT_REGION"}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(pack)],
        cwd=project,
        env={
            **{name: value for name, value in os.environ.items() if name not in known},
            "PULUMI_PROJECT": "demo",
            "PULUMI_STACK": stack,
            "PULUMI_DRY_RUN": "true",
            "PULUMI_CONFIG": json.dumps({}),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        port = process.stdout.readline().strip()
        if not port.isdigit():
            process.wait(timeout=30)
            raise RuntimeError(f"no port but {port!r}: {process.stderr.read()}")
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Pack(AnalyzerStub(channel), process)
    finally:
        process.kill()
        process.communicate()
