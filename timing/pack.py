"""The policy pack: its start and what a resource costs, against a pack of the SDK's own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any, cast

import grpc
import msgspec
from lichen_doors.crossguard.analyzer import Analyzer
from lichen_doors.crossguard.policy import NAME, policy
from lichen_policies.gate import Gate
from pulumi.runtime.proto.analyzer_pb2 import AnalyzeRequest
from pulumi_policy import EnforcementLevel

from lichen.passport import Passport, to_tags
from timing.measure import Measured, compared, in_process
from timing.pack_process import ENDPOINT_CONFIGURATION, PACK, Pack, request, running

START_MOST, FAT_MOST, UNREAD_MOST_MS = 1.15, 1.0, 0.1
CALLS = 100
STACK = "prod"
# As an installed package, both packs keep their byte code, even where a shell forbids it.
BYTE_CODE_KEPT = ""

PLAIN_PACK = """
from pulumi_policy import PolicyPack, ResourceValidationPolicy

def validate(args, report_violation):
    pass

PolicyPack("plain", [ResourceValidationPolicy("nothing", "Nothing is wrong.", validate)])
"""

CHAT = Passport(
    model="meta-llama/Llama-3.1-8B",
    precision="bf16",
    peak_rps=1.0,
    mean_rps=0.3,
    input_tokens=512,
    output_tokens=256,
    environment="prod",
    evidence=("chat-on-inf2",),
    evaluated=("int8 MMLU-Pro 0.71",),
)
OWNER = {"owner": "search"}
SERVED: Mapping[str, Any] = {
    "region": "eu-north-1",
    "tags": {**to_tags(CHAT, "aws"), **OWNER},
    "productionVariants": [
        {"instanceType": "ml.inf2.xlarge", "initialInstanceCount": 3, "modelName": "chat"}
    ],
}
"""An endpoint that passes every rule, so that every rule does all its work."""

FAT: Mapping[str, Any] = {
    **SERVED,
    **{f"text{index}": f"value {index}" for index in range(30)},
    **{
        f"list{index}": [
            {"name": f"item {row}", "numbers": [1, 2, 3], "nested": {"on": True, "off": None}}
            for row in range(5)
        ]
        for index in range(10)
    },
}
"""Forty properties besides, ten of them lists of objects."""

UNREAD = "aws:dynamodb/table:Table"


def measure() -> list[Measured]:
    """Starts, and a resource through all rules, each against a pack of the SDK's own.

    A pack has started once it is configured: the engine then starts the program, whose resources
    it judges.
    """
    with ExitStack() as stack:
        project = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plain = _plain_pack(project)
        starts = [
            compared(
                name,
                lambda start=start: start(PACK, project),  # type: ignore[misc]
                "an empty pulumi-policy pack",
                lambda start=start: start(plain, project),  # type: ignore[misc]
                target=target,
            )
            for name, start, target in (
                ("pack: start", _configured, f"at most {START_MOST}"),
                ("pack: start, and an endpoint at once", _first_verdict, ""),
            )
        ]
        ours, theirs = (
            stack.enter_context(
                running(pack, project=project, stack=STACK, PYTHONDONTWRITEBYTECODE=BYTE_CODE_KEPT)
            )
            for pack in (PACK, plain)
        )
        bare = {name: value for name, value in FAT.items() if name != "tags"}
        rules = f"{len(ours.info().policies) - 1} rules"  # the last says which lichen.yaml holds
        return [
            *starts,
            _analyses(
                f"pack: a fat endpoint through {rules}, its workload seen before",
                ours,
                theirs,
                [request(ENDPOINT_CONFIGURATION, FAT)],
            ),
            _analyses(
                f"pack: a fat endpoint through {rules}, each of other traffic",
                ours,
                theirs,
                [request(ENDPOINT_CONFIGURATION, _of(rps)) for rps in range(1_500)],
            ),
            _analyses(
                f"pack: a fat endpoint through {rules}, each of other requests and traffic",
                ours,
                theirs,
                [request(ENDPOINT_CONFIGURATION, _of(rps, more=rps)) for rps in range(1_500)],
            ),
            _analyses(
                f"pack: a fat endpoint without tags through {rules}",
                ours,
                theirs,
                [request(ENDPOINT_CONFIGURATION, bare)],
            ),
            _analyses("pack: a fat resource nobody reads", ours, theirs, [request(UNREAD, FAT)]),
            _unread_in_process(),
        ]


def _of(rps: int, *, more: int = 0) -> Mapping[str, Any]:
    """The endpoint with a declared peak of its own, a little above one request a second, and
    ``more`` input tokens a request."""
    chat = msgspec.structs.replace(
        CHAT, peak_rps=1 + rps / 100_000, input_tokens=(CHAT.input_tokens or 0) + more
    )
    return {**FAT, "tags": {**to_tags(chat, "aws"), **OWNER}}


def _unread_in_process() -> Measured:
    """The pack's own part of a resource that nobody reads, without the call between processes."""
    gate = Gate.near(Path(tempfile.gettempdir()))
    policies = [policy(rule) for rule in gate.rules().values()]
    analyzer = Analyzer(gate, NAME, "0", policies, EnforcementLevel.ADVISORY)
    analyze = request(UNREAD, FAT)
    context = cast("grpc.ServicerContext", None)  # only a call that is refused asks for it

    def hundred() -> None:
        for _ in range(CALLS):
            analyzer.Analyze(analyze, context)

    whole = in_process("pack: the same, in the pack alone", hundred)
    return Measured(whole.name, whole.median_ms / CALLS, target=f"under {UNREAD_MOST_MS:g} ms")


def _plain_pack(folder: Path) -> Path:
    pack = folder / "plain"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (pack / "__main__.py").write_text(PLAIN_PACK)
    return pack


def _configured(pack: Path, project: Path) -> None:
    with _started(pack, project):
        pass


def _first_verdict(pack: Path, project: Path) -> None:
    with _started(pack, project) as started:
        started.analyze(ENDPOINT_CONFIGURATION, SERVED)


@contextmanager
def _started(pack: Path, project: Path) -> Iterator[Pack]:
    """A new process of a pack, configured as the engine does."""
    with running(
        pack, project=project, stack=STACK, PYTHONDONTWRITEBYTECODE=BYTE_CODE_KEPT
    ) as started:
        started.configure_stack(STACK)
        started.configure()
        yield started


def _analyses(name: str, ours: Pack, theirs: Pack, requests: Sequence[AnalyzeRequest]) -> Measured:
    """Resources, the mean of a hundred calls: a call is too short to be timed alone."""
    endless = {id(pack): cycle(requests) for pack in (ours, theirs)}

    def hundred(pack: Pack) -> None:
        for analyze in islice(endless[id(pack)], CALLS):
            pack.stub.Analyze(analyze)

    measured = compared(
        name,
        lambda: hundred(ours),
        "one SDK policy",
        lambda: hundred(theirs),
        target=f"at most {FAT_MOST}",
    )
    return Measured(
        measured.name,
        measured.median_ms / CALLS,
        measured.against,
        (measured.against_ms or 0) / CALLS,
        measured.ratio,
        measured.target,
    )
