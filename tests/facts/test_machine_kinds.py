"""Every kind of resource that can name a machine is read, or is left out for a stated reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from lichen_policies.facts.reading import by_type

from tests.facts.list_machine_kinds import kinds_in

KINDS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "machine_kinds.yaml").read_text(encoding="utf-8")
)
READ = {type_ for dialect, type_ in by_type() if dialect == "pulumi"}
REASONS = {type_: reason for reason, types in KINDS["left_out"].items() for type_ in types}
NOT_IN_AWSCC = set(KINDS["not_in_awscc"])


@pytest.mark.parametrize("type_", KINDS["kinds"])
def test_a_kind_that_can_name_a_machine_is_read_or_left_out_for_a_reason(type_: str) -> None:
    assert (type_ in READ) != (type_ in REASONS)


def test_a_reason_is_of_a_kind_that_is_listed_once() -> None:
    listed = [type_ for types in KINDS["left_out"].values() for type_ in types]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(KINDS["kinds"])


@pytest.mark.parametrize("type_", sorted(t for t in READ if t.startswith("aws-native:")))
def test_what_cloud_control_has_is_read_from_a_template_and_from_terraform(type_: str) -> None:
    _, service, resource = type_.split(":")
    templates = {t.lower() for dialect, t in by_type() if dialect == "cloudformation"}
    assert f"aws::{service}::{resource}".lower() in templates
    if type_ not in NOT_IN_AWSCC:
        terraform = {
            t.removeprefix("awscc_").replace("_", "")
            for dialect, t in by_type()
            if dialect == "terraform" and t.startswith("awscc_")
        }
        assert f"{service}{resource}".lower() in terraform


SOURCE = """\
class JobArgs:
    def __init__(__self__, *, name: pulumi.Input[str],
                 pool: pulumi.Input[Optional['PoolArgs']] = None): ...

class Job(pulumi.CustomResource):
    def _internal_init(__self__):
        super(Job, __self__).__init__(
            'cloud:work/job:Job', resource_name)
"""
INPUTS = """\
class PoolArgs:
    def __init__(__self__, *, spec: pulumi.Input['SpecArgs'], next: pulumi.Input['PoolArgs']): ...

class SpecArgs:
    def __init__(__self__, *, machine_type: pulumi.Input[str], gpu_count: pulumi.Input[int],
                 disk_type: pulumi.Input[str]): ...
"""


def test_a_kind_is_found_by_an_argument_of_any_of_its_blocks(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(SOURCE)
    (tmp_path / "get_job.py").write_text(SOURCE)
    (tmp_path / "_inputs.py").write_text(INPUTS)
    assert list(kinds_in(tmp_path)) == [
        ("cloud:work/job:Job", ("pool.spec.machine_type", "pool.spec.gpu_count"))
    ]
