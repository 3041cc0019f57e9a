"""The platforms of images by their digest, as an organisation records them in its own table."""

from __future__ import annotations

from pathlib import Path

import pytest
from lichen_policies.facts import Resource
from lichen_policies.gate import Gate

from lichen.document import InputError
from tests.policies.resources import resource_of

BOTH, X86, UNRECORDED = ("sha256:" + letter * 64 for letter in "abc")
HEADER = "digest,platforms,as_of\n"


def pods(image: str, architecture: str = "arm64") -> Resource:
    spec = {
        "nodeSelector": {"kubernetes.io/arch": architecture},
        "containers": [{"name": "serve", "image": image}],
    }
    return resource_of(
        "kubernetes:apps/v1:Deployment",
        {
            "metadata": {"name": "serve", "annotations": {"lichen.dev/model": "a/b"}},
            "spec": {"replicas": 1, "template": {"spec": spec}},
        },
    )


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    (tmp_path / "lichen.yaml").write_text("catalogue: own\n")
    own = tmp_path / "own"
    own.mkdir()
    (own / "platforms.csv").write_text(
        f"{HEADER}{BOTH},linux/amd64;linux/arm64/v8,2026-11-20\n{X86},linux/amd64,2026-11-20\n"
    )
    return Gate.near(tmp_path)


def said(gate: Gate, resource: Resource) -> list[str]:
    found = gate.report([resource]).findings
    return [verdict.message for verdict in found if verdict.rule == "unconfirmed-arm-image"]


@pytest.mark.parametrize("registry", ["registry.acme.example/serve", "vllm/vllm-openai"])
def test_a_record_of_the_digest_decides_in_every_registry(gate: Gate, registry: str) -> None:
    assert said(gate, pods(f"{registry}@{BOTH}")) == []
    assert said(gate, pods(f"{registry}:3@{BOTH}")) == []
    (message,) = said(gate, pods(f"{registry}@{X86}"))
    assert message == (
        "platforms.csv has no linux/arm64 for the digest of the image, and "
        'spec.template.spec.nodeSelector["kubernetes.io/arch"] asks for them; an image without it '
        "does not start there. Fix: build it with --platform linux/arm64 and name the new digest, "
        "or choose a machine with x86 processors."
    )
    assert said(gate, pods(f"{registry}@{X86}", "amd64")) == []


def test_an_image_without_a_record_is_judged_as_before(gate: Gate) -> None:
    (message,) = said(gate, pods(f"registry.acme.example/serve@{UNRECORDED}"))
    assert message.startswith("nothing says that the image is built for Arm processors")
    assert said(gate, pods(f"vllm/vllm-openai@{UNRECORDED}")) == []
    assert said(gate, pods("registry.acme.example/serve:3-arm64")) == []


@pytest.mark.parametrize(
    "row", ["sha256:abc,linux/arm64,2026-11-20", f"{BOTH},arm64,2026-11-20", f"{BOTH},linux/arm64,"]
)
def test_a_row_that_cannot_be_read_is_refused(tmp_path: Path, row: str) -> None:
    (tmp_path / "lichen.yaml").write_text("catalogue: own\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "platforms.csv").write_text(f"{HEADER}{row}\n")
    with pytest.raises(InputError, match=r"platforms\.csv"):
        Gate.near(tmp_path)
