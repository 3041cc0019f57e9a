"""The pack as its own process, spoken to over the protocol that the engine speaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from lichen_doors.crossguard.decoding import Inputs
from lichen_policies.dialects import pulumi_values
from lichen_policies.registry import rules
from lichen_policies.stack import Stack
from pulumi.runtime.proto import analyzer_pb2 as rpc
from pulumi_policy import deserialize, proxy

from timing.pack_process import (
    ENDPOINT_CONFIGURATION,
    PACK,
    UNKNOWN,
    Pack,
    request,
    running,
    struct,
)

SECRET = "hunter2-in-a-property"
SIGN = "4dabf18193072939515e22adb298388d"
BIG = {"instanceType": "ml.g5.12xlarge", "initialInstanceCount": 4}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    with running(project=tmp_path_factory.mktemp("project"), stack="dev") as started:
        yield started


@pytest.fixture(autouse=True)
def _as_at_the_start(pack: Pack) -> None:
    pack.configure_stack("dev")
    pack.configure()


def served(**properties: Any) -> dict[str, Any]:
    return {"region": "eu-north-1", "productionVariants": [{"modelName": "chat", **properties}]}


OURS = {
    "broken",
    "configuration",
    "dirty-region",
    "idle-floor",
    "lonely",
    "oversized-endpoint",
    "region-unresolved",
    "too-many-accelerators",
}
"""What these tests are about; other rules may have something to say of the same resources."""


def levels(response: rpc.AnalyzeResponse) -> dict[str, str]:
    """The level of each of our policies that said something."""
    return {
        diagnostic.policyName: rpc.EnforcementLevel.Name(diagnostic.enforcementLevel).lower()
        for diagnostic in response.diagnostics
        if diagnostic.policyName in OURS
    }


def declared(pack: Pack) -> dict[str, int]:
    """The level that each policy declares."""
    return {policy.name: policy.enforcementLevel for policy in pack.info().policies}


def message(response: rpc.AnalyzeResponse, rule: str) -> str:
    (found,) = [d.message for d in response.diagnostics if d.policyName == rule]
    return found


def test_the_engine_s_constants_are_those_of_the_sdk() -> None:
    sentinels = {value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")}
    assert sentinels == pulumi_values.COMPUTED
    assert deserialize.SPECIAL_SIG_KEY == pulumi_values.SIGNATURE
    assert deserialize.SPECIAL_SECRET_SIG == pulumi_values.SECRET_SIGNATURE


def test_each_rule_is_a_policy_of_its_own(pack: Pack) -> None:
    policies = {policy.name: policy for policy in pack.info().policies}
    assert set(policies) == {*rules(), "configuration"}
    for name, rule in rules().items():
        policy = policies[name]
        assert policy.description == f"{rule.offence}."
        assert policy.displayName
        assert (
            rpc.PolicySeverity.Name(policy.severity) == f"POLICY_SEVERITY_{rule.severity.upper()}"
        )
        of_stacks = issubclass(rule.judges, Stack)
        assert policy.policy_type == (
            rpc.POLICY_TYPE_STACK if of_stacks else rpc.POLICY_TYPE_RESOURCE
        )
        assert policy.remediation_steps == rule.fix
        assert policy.url.endswith(f"/docs/rules/{name}.md")
        assert list(policy.tags) == ["lichen"]


def test_a_generic_resource_of_azure_is_judged_as_what_it_is(pack: Pack) -> None:
    generic = {
        "resourceProviderNamespace": "Microsoft.Compute",
        "resourceType": "virtualMachineScaleSets",
        "resourceName": "pool",
        "resourceGroupName": "chat",
        "location": "swedencentral",
        "sku": {"name": "Standard_ND96isr_H100_v5", "capacity": 8},
    }
    sent = {
        "type": "Microsoft.Compute/virtualMachineScaleSets@2024-03-01",
        "name": "pool",
        "location": "swedencentral",
        "body": {"sku": generic["sku"]},
    }
    kinds = {"azure-native:resources:Resource": generic, "azapi:index/resource:Resource": sent}
    for kind, properties in kinds.items():
        assert "too-many-accelerators" in levels(pack.analyze(kind, properties))


def test_limits_are_its_schema_without_defaults(pack: Pack) -> None:
    """The engine sends a default as if someone had set it: lichen.yaml would have no effect."""
    (policy,) = [p for p in pack.info().policies if p.name == "too-many-accelerators"]
    assert dict(policy.configSchema.properties["chips"]) == {
        "type": "integer",
        "minimum": 0,
        "maximum": 100_000,
        "description": "8 unless lichen.yaml sets another value",
    }


def test_levels_are_those_of_the_stack_s_environment(pack: Pack) -> None:
    assert declared(pack)["dirty-region"] == rpc.ADVISORY
    pack.configure_stack("prod")
    assert declared(pack)["dirty-region"] == rpc.MANDATORY


def test_a_clean_resource_says_nothing(pack: Pack) -> None:
    response = pack.analyze(
        ENDPOINT_CONFIGURATION, served(instanceType="ml.inf2.xlarge", initialInstanceCount=1)
    )
    assert levels(response) == {}


def test_numbers_come_as_floats_and_go_out_whole(pack: Pack) -> None:
    response = pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG))
    assert levels(response) == {"too-many-accelerators": "mandatory"}
    assert message(response, "too-many-accelerators") == (
        "Resource that may run more accelerators than its environment allows.\n"
        "4 machines with 4 NVIDIA A10G each are 16 accelerators; the limit in dev is 2 per "
        "resource. Fix: set productionVariants[0].instanceType to ml.g5.xlarge, 1 NVIDIA A10G, and "
        "set productionVariants[0].initialInstanceCount to at most 2; or raise "
        "limits.too-many-accelerators.dev.chips in lichen.yaml."
    )


def test_the_description_comes_before_the_finding(pack: Pack) -> None:
    found = message(pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG)), "too-many-accelerators")
    first, second = found.split("\n")
    assert first == f"{rules()['too-many-accelerators'].offence}."
    assert ". Fix: " in second


def test_a_component_s_child_says_what_made_it(pack: Pack) -> None:
    """The program's author wrote the component, and may never have seen its child."""
    asked = request(ENDPOINT_CONFIGURATION, served(**BIG))
    asked.urn = f"urn:pulumi:dev::demo::acme:ml:Shop$acme:ml:Chat${ENDPOINT_CONFIGURATION}::chat"
    found = message(pack.stub.Analyze(asked), "too-many-accelerators")
    assert found.endswith(" It is made by the component acme:ml:Chat.")
    own = message(pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG)), "too-many-accelerators")
    assert found.startswith(own.rstrip("."))
    assert "component" not in own


def test_an_unknown_is_our_own_unverified_violation(pack: Pack) -> None:
    unknown = served(instanceType=UNKNOWN, initialInstanceCount=4)
    response = pack.analyze(ENDPOINT_CONFIGURATION, unknown)
    assert levels(response) == {"too-many-accelerators": "advisory"}
    assert message(response, "too-many-accelerators") == (
        "Resource that may run more accelerators than its environment allows.\n"
        "Unverified: cannot be checked yet: productionVariants[0].instanceType is known only "
        "after deployment"
    )
    assert UNKNOWN not in str(response)


def test_an_environment_that_is_not_known_may_be_any(pack: Pack) -> None:
    pack.configure_stack("main")
    many = pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG) | {"tags": UNKNOWN})
    assert levels(many)["too-many-accelerators"] == "mandatory"
    inputs = served(instanceType="ml.g5.12xlarge", initialInstanceCount=1)
    few = pack.analyze(ENDPOINT_CONFIGURATION, inputs | {"tags": UNKNOWN})
    assert levels(few)["too-many-accelerators"] == "advisory"
    said = "Unverified: cannot be checked yet: environment is known only after deployment"
    assert said in message(few, "too-many-accelerators")


def test_an_unknown_elsewhere_does_not_abandon_a_rule(pack: Pack) -> None:
    inputs = served(**BIG) | {"name": UNKNOWN, "kmsKeyArn": UNKNOWN}
    assert levels(pack.analyze(ENDPOINT_CONFIGURATION, inputs)) == {
        "too-many-accelerators": "mandatory"
    }


@pytest.mark.parametrize(
    "inputs",
    [
        {"productionVariants": None},
        {"productionVariants": [None]},
        {"productionVariants": [{"instanceType": None, "initialInstanceCount": None}]},
        {"productionVariants": [{"instanceType": 4, "managedInstanceScaling": "x"}]},
        {"productionVariants": {"instanceType": "ml.g5.xlarge"}},
        {"productionVariants": [{SIGN: "an asset", "path": "x"}]},
        {"tags": {"lichen:peak-rps": "fast"}},
    ],
)
def test_odd_values_stop_no_deployment(pack: Pack, inputs: dict[str, Any]) -> None:
    response = pack.analyze(ENDPOINT_CONFIGURATION, {"region": "eu-north-1", **inputs})
    assert "mandatory" not in levels(response).values()
    assert " failed with " not in str(response)


def test_no_secret_is_printed(pack: Pack) -> None:
    """Secrets come in plaintext, and under their sign where an engine keeps it."""
    secret = {SIGN: "1b47061264138c4ac30d75fd1eb44270", "value": SECRET}
    for value in (SECRET, secret):
        inputs = served(**BIG, variantName=value) | {
            "tags": {"lichen:model": "x", "password": value},
            "kmsKeyArn": value,
            "executionRoleArn": value,
        }
        response = pack.analyze(ENDPOINT_CONFIGURATION, inputs)
        assert response.diagnostics
        assert SECRET not in str(response)


def test_a_list_that_is_secret_for_one_thing_in_it_is_judged(pack: Pack) -> None:
    variants = {SIGN: "1b47061264138c4ac30d75fd1eb44270", "value": [{**BIG, "variantName": SECRET}]}
    inputs = {"region": "eu-north-1", "productionVariants": variants}
    response = pack.analyze(ENDPOINT_CONFIGURATION, inputs)
    assert levels(response) == {"too-many-accelerators": "mandatory"}
    assert SECRET not in str(response)


def test_a_secret_tag_is_not_read_where_the_provider_copies_it(pack: Pack) -> None:
    """A provider copies tags into ``tagsAll`` without the mark."""
    signed = {SIGN: "1b47061264138c4ac30d75fd1eb44270", "value": SECRET}
    whole = {SIGN: "1b47061264138c4ac30d75fd1eb44270", "value": {"lichen:model": SECRET}}
    for tags in ({"lichen:model": signed, "lichen:peak-rps": "1"}, whole):
        copied = {"lichen:model": SECRET, "lichen:peak-rps": "1"}
        inputs = served(**BIG) | {"tags": tags, "tagsAll": copied}
        response = pack.analyze(ENDPOINT_CONFIGURATION, inputs)
        assert "is secret, so Lichen does not read it" in str(response)
        assert SECRET not in str(response)


def test_what_is_open_names_what_it_is_made_of() -> None:
    properties = struct({"modelName": UNKNOWN, "tags": {"a": UNKNOWN, "b": "c"}})
    found: Any = Inputs(properties, {"modelName": ("urn:model",), "tags": ("urn:key", "urn:other")})
    assert found["modelName"].references == ("urn:model",)
    assert found["tags"]["a"].references == ("urn:key", "urn:other")
    assert found["tags"]["b"] == "c"


def test_a_secret_that_a_rule_needs_is_not_read(pack: Pack) -> None:
    secret = {SIGN: "1b47061264138c4ac30d75fd1eb44270", "value": "ml.g5.12xlarge"}
    response = pack.analyze(ENDPOINT_CONFIGURATION, served(instanceType=secret))
    text = message(response, "too-many-accelerators")
    assert "productionVariants[0].instanceType is secret, so Lichen does not read it" in text
    assert "g5.12xlarge" not in str(response)


def test_a_type_that_nobody_reads_is_not_even_decoded(pack: Pack) -> None:
    response = pack.analyze("aws:s3/bucket:Bucket", {"region": UNKNOWN, "deep": [{"a": [1]}] * 9})
    assert response == rpc.AnalyzeResponse()


def test_rules_without_a_fact_are_not_applicable(pack: Pack) -> None:
    response = pack.analyze("aws:ec2/launchTemplate:LaunchTemplate", {"instanceType": "c7g.large"})
    skipped = {found.policy_name for found in response.not_applicable}
    assert "region-unresolved" in skipped
    assert "too-many-accelerators" not in skipped


def test_the_region_comes_from_the_resource_its_provider_or_the_stack(pack: Pack) -> None:
    inputs = {"productionVariants": []}
    pack.configure_stack("prod", **{"aws:region": "ap-south-1"})
    assert levels(pack.analyze(ENDPOINT_CONFIGURATION, inputs)) == {"dirty-region": "mandatory"}
    clean = {**inputs, "region": "eu-north-1"}
    assert levels(pack.analyze(ENDPOINT_CONFIGURATION, clean)) == {}
    provider = {"region": "eu-north-1"}
    assert levels(pack.analyze(ENDPOINT_CONFIGURATION, inputs, provider)) == {}


def test_a_type_is_judged_in_every_version_of_its_api(pack: Pack) -> None:
    properties = {
        "location": "Poland Central",
        "hardwareProfile": {"vmSize": "Standard_ND96isr_H100_v5"},
    }
    found = {"dirty-region": "advisory", "too-many-accelerators": "mandatory"}
    for version in ("", "/v20240701"):
        response = pack.analyze(f"azure-native:compute{version}:VirtualMachine", properties)
        assert levels(response) == found


def test_a_provider_that_the_program_makes_does_not_read_the_stack(pack: Pack) -> None:
    pack.configure_stack("prod", **{"aws:region": "eu-north-1"})
    response = pack.analyze(ENDPOINT_CONFIGURATION, {"productionVariants": []}, {"profile": "x"})
    assert levels(response) == {"region-unresolved": "mandatory"}


def test_a_provider_s_unknown_region_is_unverified(pack: Pack) -> None:
    response = pack.analyze(ENDPOINT_CONFIGURATION, {}, {"region": UNKNOWN})
    assert levels(response) == {"dirty-region": "advisory", "region-unresolved": "advisory"}
    for rule in ("dirty-region", "region-unresolved"):
        assert "Unverified" in message(response, rule)


def test_configuration_of_the_pack_moves_levels_and_limits(pack: Pack) -> None:
    pack.configure(too_many_accelerators=(rpc.ADVISORY, {"chips": 3}))
    response = pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG))
    assert levels(response) == {"too-many-accelerators": "advisory"}
    assert "the limit in dev is 3 per resource" in message(response, "too-many-accelerators")
    pack.configure(too_many_accelerators=(rpc.MANDATORY, {"chips": 16}))
    assert levels(pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG))) == {}
    pack.configure(too_many_accelerators=(rpc.DISABLED, {}))
    response = pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG))
    assert levels(response) == {}
    assert "too-many-accelerators" not in str(response)
    pack.configure(too_many_accelerators=(rpc.REMEDIATE, {}))
    assert levels(pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG))) == {
        "too-many-accelerators": "mandatory"
    }


def test_a_wrong_limit_is_answered(pack: Pack) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        pack.configure(too_many_accelerators=(rpc.MANDATORY, {"chip": 3}))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[attr-defined]
    assert "did you mean 'chips'?" in refused.value.details()  # type: ignore[attr-defined]


def test_nothing_is_remedied_and_no_stack_policy_is_run(pack: Pack) -> None:
    assert pack.stub.Remediate(request(ENDPOINT_CONFIGURATION, BIG)) == rpc.RemediateResponse()
    resource = rpc.AnalyzerResource(type=ENDPOINT_CONFIGURATION, urn="urn:x", name="x")
    stack = rpc.AnalyzeStackRequest(resources=[resource])
    assert list(pack.stub.AnalyzeStack(stack).diagnostics) == []


def test_objects_of_a_cluster_are_judged_as_they_are_written(pack: Pack) -> None:
    """The live object has the server's `replicas: 1`, which the program leaves out."""
    server = {"name": "server", "image": "docker.io/vllm/vllm-openai:v0.28.0"}
    written = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "chat", "namespace": "default"},
        "spec": {"template": {"spec": {"containers": [server]}}},
    }
    live = written | {"spec": {**written["spec"], "replicas": 1}}
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "chat", "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "chat"},
            "minReplicas": 1,
            "maxReplicas": 2,
        },
    }
    kind, of_scaler = (
        "kubernetes:apps/v1:Deployment",
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    )

    def judged(properties: dict[str, Any]) -> set[str]:
        pack.analyze(kind, properties)
        pack.analyze(of_scaler, scaler)
        resources = [
            rpc.AnalyzerResource(type=type_, urn=request(type_, {}).urn, properties=struct(made))
            for type_, made in ((kind, live), (of_scaler, scaler))
        ]
        response = pack.stub.AnalyzeStack(rpc.AnalyzeStackRequest(resources=resources))
        return {each.policyName for each in response.diagnostics}

    assert "replicas-owned-twice" not in judged(written)
    assert "replicas-owned-twice" in judged(live)


def test_lichen_yaml_of_the_project_is_read(tmp_path: Path) -> None:
    (tmp_path / "lichen.yaml").write_text(
        "unverified: {prod: mandatory}\n"
        "limits: {too-many-accelerators: {prod: {chips: 16}}}\n"
        "levels: {dirty-region: advisory}\n"
        "exemptions:\n"
        "- {rule: region-unresolved, resource: chat, owner: a, reason: b, approver: c,"
        " expires: 2999-01-01}\n"
    )
    below = tmp_path / "stacks"
    below.mkdir()
    with running(project=below, stack="prod") as pack:
        pack.configure()
        assert levels(pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG))) == {}
        dirty = served(instanceType=UNKNOWN) | {"region": "ap-south-1"}
        assert levels(pack.analyze(ENDPOINT_CONFIGURATION, dirty)) == {
            "dirty-region": "advisory",
            "too-many-accelerators": "mandatory",
        }
        response = pack.analyze(ENDPOINT_CONFIGURATION, {"productionVariants": []})
        assert levels(response) == {"region-unresolved": "advisory"}
        assert "Exempted until 2999-01-01 by c for a: b." in message(response, "region-unresolved")
        # What the pack's own configuration says goes before the file.
        pack.configure(too_many_accelerators=(rpc.MANDATORY, {"chips": 1}))
        assert levels(pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG))) == {
            "too-many-accelerators": "mandatory"
        }


def test_a_wrong_lichen_yaml_stops_the_pack_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "lichen.yaml").write_text("levels: {dirty-regoin: advisory}")
    with pytest.raises(RuntimeError) as refused, running(project=tmp_path):
        pass
    assert "'dirty-regoin' is not a rule. Fix: did you mean 'dirty-region'?" in str(refused.value)
    assert "Traceback" not in str(refused.value)


def pack_with(folder: Path, **rules: str) -> Path:
    """A pack with rules of the test's own beside Lichen's, each a file."""
    own = folder / "own"
    own.mkdir()
    for name, text in rules.items():
        (own / f"{name}.py").write_text(f"{PAGE}{text}")
    (folder / "__main__.py").write_text(
        "from pathlib import Path\n"
        "from lichen_policies import registry\n"
        f"every = registry.read_rules(registry.FOLDER, Path({str(own)!r}))\n"
        "registry.rules = lambda: every\n"
        "from lichen_doors.crossguard.analyzer import serve\n"
        "serve()\n"
    )
    (folder / "PulumiPolicy.yaml").write_text("runtime: python\n")
    return folder


PAGE = '''"""Something wrong.

Why: It is wrong.

Fix: Correct it.

Exceptions: None.

Tags: It reads none.
"""

from collections.abc import Iterator

from lichen_policies.facts import Located
from lichen_policies.rule import Finding, Known, Stack, rule


'''


def test_a_rule_that_raises_is_contained(tmp_path: Path) -> None:
    broken = f"""\
@rule(severity="high", dev="mandatory", staging="mandatory", prod="mandatory", theme="region")
def broken(fact: Located, known: Known) -> Iterator[Finding]:
    raise ValueError({SECRET!r})
    yield
"""
    with running(pack_with(tmp_path, broken=broken), project=tmp_path) as pack:
        response = pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG))
        found = levels(response)
        assert (found["broken"], found["too-many-accelerators"]) == ("mandatory", "mandatory")
        text = message(response, "broken")
        assert "Unverified: cannot be checked: the rule broken failed with ValueError" in text
        assert SECRET not in str(response)


def test_a_rule_over_the_whole_stack_is_a_stack_policy(tmp_path: Path) -> None:
    lonely = """\
@rule(severity="low", dev="mandatory", staging="mandatory", prod="mandatory", theme="governance")
def lonely(stack: Stack, known: Known) -> Iterator[Finding]:
    for subject in stack.of(Located):
        yield Finding(what="one resource", limit="two are needed", resource=subject.resource)
"""
    with running(pack_with(tmp_path, lonely=lonely), project=tmp_path) as pack:
        (policy,) = [policy for policy in pack.info().policies if policy.name == "lonely"]
        assert policy.policy_type == rpc.POLICY_TYPE_STACK
        assert "lonely" not in levels(pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG)))
        resources = [
            rpc.AnalyzerResource(
                type=ENDPOINT_CONFIGURATION, urn="urn:x", name="x", properties=struct(served(**BIG))
            ),
            rpc.AnalyzerResource(type="aws:s3/bucket:Bucket", urn="urn:y", name="y"),
        ]
        response = pack.stub.AnalyzeStack(rpc.AnalyzeStackRequest(resources=resources))
        (found,) = response.diagnostics
        assert (found.policyName, found.urn) == ("lonely", "urn:x")
        assert found.message == "Something wrong.\none resource; two are needed."
        assert found.enforcementLevel == rpc.MANDATORY


def test_nothing_but_the_port_is_printed(tmp_path: Path) -> None:
    with running(project=tmp_path) as pack:
        pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG))
        pack.process.terminate()
        out, err = pack.process.communicate(timeout=30)
    assert (out, err) == ("", "")
    assert (PACK / "PulumiPolicy.yaml").exists()


def test_the_configuration_is_told_once_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "lichen.yaml").write_text("levels: {dirty-region: disabled}")
    with running(project=tmp_path, stack="prod") as started:
        response = started.stub.AnalyzeStack(rpc.AnalyzeStackRequest())
        assert levels(response) == {"configuration": "advisory"}
        told = message(response, "configuration")
        assert "Configured by lichen.yaml." in told
        assert "dirty-region is disabled in prod (by default mandatory)" in told
        again = started.analyze(ENDPOINT_CONFIGURATION, served(**BIG))
        assert "configuration" not in levels(again)


def test_without_a_lichen_yaml_nothing_is_told_of_it(pack: Pack) -> None:
    assert "configuration" not in levels(pack.stub.AnalyzeStack(rpc.AnalyzeStackRequest()))


def test_the_pack_s_configuration_names_a_file_that_outranks_the_project_s(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "lichen.yaml").write_text("levels: {too-many-accelerators: disabled}")
    organisation = tmp_path / "organisation.yaml"
    organisation.write_text("levels: {idle-floor: mandatory}")
    with running(project=project, stack="dev") as started:
        assert "too-many-accelerators" not in levels(
            started.analyze(ENDPOINT_CONFIGURATION, served(**BIG))
        )
        started.configure(configuration=(rpc.ADVISORY, {"file": str(organisation)}))
        found = levels(started.analyze(ENDPOINT_CONFIGURATION, served(**BIG)))
        assert found["too-many-accelerators"] == "mandatory"
        told = message(started.stub.AnalyzeStack(rpc.AnalyzeStackRequest()), "configuration")
        assert "idle-floor is mandatory in dev, staging, prod (by default advisory)" in told
        assert "Levels.too-many-accelerators of lichen.yaml does not hold" in told
        with pytest.raises(grpc.RpcError, match="cannot be read"):
            started.configure(configuration=(rpc.ADVISORY, {"file": "gone.yaml"}))


def test_a_tag_exempts_in_dev_and_not_in_prod(pack: Pack) -> None:
    tag = "owner=search until=2099-03-31 reason=moves with the next contract"
    properties = served(**BIG) | {"tags": {"lichen:exempt.too-many-accelerators": tag}}
    response = pack.analyze(ENDPOINT_CONFIGURATION, properties)
    assert levels(response)["too-many-accelerators"] == "advisory"
    assert "Exempted until 2099-03-31 beside the resource" in message(
        response, "too-many-accelerators"
    )
    pack.configure_stack("prod")
    pack.configure()
    strict = pack.analyze(ENDPOINT_CONFIGURATION, properties)
    assert levels(strict)["too-many-accelerators"] == "mandatory"
    assert "does not hold in prod" in message(strict, "too-many-accelerators")


GROUP = "aws:autoscaling/group:Group"
TAGS = {
    "lichen:model": "meta-llama/Llama-3.1-8B",
    "lichen:precision": "bf16",
    "lichen:peak-rps": "1",
    "lichen:input-tokens": "512",
    "lichen:output-tokens": "128",
}
FLOOR = {
    "region": "eu-north-1",
    "minSize": 3,
    "maxSize": 8,
    "launchTemplate": {"id": UNKNOWN},
    "tags": [{"key": key, "value": value} for key, value in TAGS.items()],
    "secret": {SIGN: "1b47061264138c4ac30d75fd1eb44270", "value": SECRET},
}


@pytest.mark.parametrize(
    ("stack", "until", "level"),
    [
        ("dev", "2099-01-01", "advisory"),
        ("dev", "2026-01-31", "mandatory"),
        ("prod", "2099-01-01", "mandatory"),
    ],
)
def test_an_annotation_exempts_pods_as_a_tag_does_machines(
    pack: Pack, stack: str, until: str, level: str
) -> None:
    pack.configure_stack(stack)
    pack.configure()
    limits = {"limits": {"nvidia.com/gpu": 8}}
    exempt = f"owner=search until={until} reason=a test of load"
    pods = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"annotations": {"lichen.dev/exempt.too-many-accelerators": exempt}},
        "spec": {
            "replicas": 4,
            "template": {"spec": {"containers": [{"image": "a:1", "resources": limits}]}},
        },
    }
    response = pack.analyze("kubernetes:apps/v1:Deployment", pods)
    assert levels(response)["too-many-accelerators"] == level
    said = message(response, "too-many-accelerators")
    assert ("Exempted until" in said) == (level == "advisory")


def remediated(pack: Pack, type_: str, properties: dict[str, Any]) -> dict[str, struct_pb2.Struct]:
    """The inputs as each rule leaves them."""
    response = pack.stub.Remediate(request(type_, properties))
    return {each.policyName: each.properties for each in response.remediations}


def test_nothing_is_remediated_unless_somebody_asks(pack: Pack) -> None:
    assert remediated(pack, GROUP, FLOOR) == {}


def test_a_floor_is_remediated_in_dev_and_nothing_else_is_changed(pack: Pack) -> None:
    pack.configure(idle_floor=(rpc.REMEDIATE, {}))
    assert levels(pack.analyze(GROUP, FLOOR))["idle-floor"] == "mandatory"
    (inputs,) = remediated(pack, GROUP, FLOOR).values()
    expected = struct(FLOOR)
    expected.fields["minSize"].number_value = 0
    assert inputs == expected
    again = rpc.AnalyzeRequest()
    again.CopyFrom(request(GROUP, FLOOR))
    again.properties.CopyFrom(inputs)
    assert "idle-floor" not in levels(pack.stub.Analyze(again))
    assert not pack.stub.Remediate(again).remediations


def test_what_is_left_out_is_added_and_a_list_stays_one(pack: Pack) -> None:
    pack.configure(logs_kept_for_ever=(rpc.REMEDIATE, {}), x86_function=(rpc.REMEDIATE, {}))
    logs = {"name": "/aws/sagemaker/Endpoints/chat", "region": "eu-north-1"}
    (kept,) = remediated(pack, "aws:cloudwatch/logGroup:LogGroup", logs).values()
    assert kept == struct(logs | {"retentionInDays": 90})
    code = {"zipFile": "def handler(event, context): return 1"}
    function = {"runtime": "python3.13", "memorySize": 3008, "code": code}
    for stated in ({}, {"architectures": ["x86_64"]}):
        (built,) = remediated(pack, "aws-native:lambda:Function", function | stated).values()
        assert built == struct(function | {"architectures": ["arm64"]})


@pytest.mark.parametrize("changed", [{"minSize": UNKNOWN}, {"minSize": 0}])
def test_what_is_not_known_or_right_is_left(pack: Pack, changed: dict[str, Any]) -> None:
    pack.configure(idle_floor=(rpc.REMEDIATE, {}))
    assert remediated(pack, GROUP, FLOOR | changed) == {}


def test_inside_a_secret_list_the_rest_stays_secret(pack: Pack) -> None:
    pack.configure(oversized_endpoint=(rpc.REMEDIATE, {}))
    variants = [{"modelName": SECRET, "instanceType": "ml.g5.12xlarge", "initialInstanceCount": 4}]
    properties = {
        "region": "eu-north-1",
        "tags": TAGS,
        "productionVariants": {SIGN: "1b47061264138c4ac30d75fd1eb44270", "value": variants},
    }
    (inputs,) = remediated(pack, ENDPOINT_CONFIGURATION, properties).values()
    assert inputs["productionVariants"][SIGN] == "1b47061264138c4ac30d75fd1eb44270"
    assert inputs["productionVariants"]["value"][0]["initialInstanceCount"] == 1


def test_production_is_never_remediated(pack: Pack) -> None:
    pack.configure_stack("prod")
    pack.configure(idle_floor=(rpc.REMEDIATE, {}), oversized_endpoint=(rpc.REMEDIATE, {}))
    tags = TAGS | {"lichen:environment": "prod"}
    properties = served(instanceType="ml.g5.48xlarge", initialInstanceCount=4) | {"tags": tags}
    assert "oversized-endpoint" in levels(pack.analyze(ENDPOINT_CONFIGURATION, properties))
    assert remediated(pack, ENDPOINT_CONFIGURATION, properties) == {}


def test_a_change_to_another_family_is_left_to_a_person(pack: Pack) -> None:
    pack.configure(too_many_accelerators=(rpc.REMEDIATE, {}))
    assert levels(pack.analyze(ENDPOINT_CONFIGURATION, served(**BIG)))["too-many-accelerators"]
    assert remediated(pack, ENDPOINT_CONFIGURATION, served(**BIG)) == {}


def test_a_machine_of_the_same_family_passes_its_rule(pack: Pack) -> None:
    pack.configure(oversized_endpoint=(rpc.REMEDIATE, {}))
    properties = served(instanceType="ml.g5.12xlarge", initialInstanceCount=4) | {"tags": TAGS}
    (inputs,) = remediated(pack, ENDPOINT_CONFIGURATION, properties).values()
    variant = inputs["productionVariants"][0]
    assert variant["instanceType"].startswith("ml.g5.")
    assert variant["initialInstanceCount"] < 4
    again = rpc.AnalyzeRequest()
    again.CopyFrom(request(ENDPOINT_CONFIGURATION, properties))
    again.properties.CopyFrom(inputs)
    assert "oversized-endpoint" not in levels(pack.stub.Analyze(again))
