"""Terraform's states as they are shown, read into resources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lichen_policies.dialects import read
from lichen_policies.dialects.folders import read_all
from lichen_policies.facts.reading import facts_of
from lichen_policies.facts.unknown import is_unknown

from lichen.document import InputError


def written(tmp_path: Path, document: dict[str, Any]) -> Path:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(document))
    return path


def standing(**changes: Any) -> dict[str, Any]:
    return {
        "address": "module.m[0].aws_instance.n",
        "mode": "managed",
        "type": "aws_instance",
        "name": "n",
        "values": {"instance_type": "g5.xlarge", "arn": "arn:aws:ec2:eu-north-1:1:instance/i-1"},
        **changes,
    }


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "format_version": "1.0",
        "terraform_version": "1.15.5",
        "values": {
            "root_module": {
                "child_modules": [{"address": "module.m[0]", "resources": list(resources)}]
            }
        },
    }


def test_what_stands_is_where_its_own_values_say(tmp_path: Path) -> None:
    data = standing(mode="data", address="module.m[0].data.aws_instance.n")
    (resource,) = read(written(tmp_path, state(standing(), data)))
    assert (resource.address, resource.name) == ("module.m[0].aws_instance.n", "n")
    assert resource.region is None
    (located, *_) = facts_of(resource) or ()
    assert located.region == "eu-north-1"


def test_what_is_sensitive_is_not_read(tmp_path: Path) -> None:
    values = {"user_data": "hush", "tags": {"a": "hush", "b": "c"}, "list": ["hush", 1]}
    marks = {"user_data": True, "tags": {"a": True}, "list": [True]}
    path = written(tmp_path, state(standing(values=values, sensitive_values=marks)))
    (resource,) = read(path)
    assert is_unknown(resource.properties["user_data"])
    assert is_unknown(resource.properties["tags"]["a"])
    assert resource.properties["tags"]["b"] == "c"
    assert resource.properties["list"][1] == 1
    assert "hush" not in repr(resource)


def kept(*instances: dict[str, Any], **changes: Any) -> dict[str, Any]:
    resource = {
        "module": "module.m[0]",
        "mode": "managed",
        "type": "aws_instance",
        "name": "n",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": list(instances),
    }
    resources = [resource, {**resource, "mode": "data"}]
    return {"version": 4, "serial": 3, "lineage": "x", "resources": resources, **changes}


def test_the_file_that_a_backend_keeps_is_read(tmp_path: Path) -> None:
    arn = "arn:aws:ec2:eu-north-1:1:instance/i-1"
    path = written(
        tmp_path,
        kept(
            {"attributes": {"instance_type": "g5.xlarge", "arn": arn}},
            {"index_key": 1, "attributes": {}},
            {"index_key": "eu", "attributes": {}},
            {"deposed": "a1b2c3d4", "attributes": {}},
        ),
    )
    found = read(path)
    assert [resource.address for resource in found] == [
        "module.m[0].aws_instance.n",
        "module.m[0].aws_instance.n[1]",
        'module.m[0].aws_instance.n["eu"]',
    ]
    located, *_ = facts_of(found[0]) or ()
    assert located.region == "eu-north-1"


def attribute(name: str) -> dict[str, Any]:
    return {"type": "get_attr", "value": name}


def index(place: int) -> dict[str, Any]:
    return {"type": "index", "value": {"value": place, "type": "number"}}


@pytest.mark.parametrize(
    ("paths", "hidden"),
    [
        ([[attribute("user_data")]], ["user_data"]),
        ([[attribute("tags"), index(0)]], ["tags"]),
        ([[attribute("list"), index(0)]], ["list"]),
        ([[attribute("list"), index(9)]], ["list"]),
        ([[attribute("user_data"), attribute("a")]], ["user_data"]),
        ([[attribute("gone")]], ["user_data", "tags", "list"]),
        ([{}], ["user_data", "tags", "list"]),
    ],
)
def test_what_a_backend_s_file_calls_sensitive_is_not_read(
    tmp_path: Path, paths: list[Any], hidden: list[str]
) -> None:
    values = {"user_data": "hush", "tags": {"a": "hush"}, "list": ["hush"]}
    path = written(tmp_path, kept({"attributes": values, "sensitive_attributes": paths}))
    (resource,) = read(path)
    assert all("hush" not in repr(resource.properties[name]) for name in hidden)


@pytest.mark.parametrize("more", [{}, {"serial": 3, "lineage": "a"}], ids=["plan", "state"])
def test_what_opentofu_encrypted_is_said_and_no_pass(tmp_path: Path, more: dict[str, Any]) -> None:
    sealed = {"meta": {}, "encrypted_data": "CANARY", "encryption_version": "v0", **more}
    path = written(tmp_path, sealed)
    for run in (lambda: read(path), lambda: read_all([tmp_path])):
        with pytest.raises(InputError, match=r"OpenTofu encrypted") as refused:
            run()
        assert "CANARY" not in str(refused.value)


def test_a_state_of_an_old_terraform_is_answered(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"version: is no state of version 4"):
        read(written(tmp_path, kept(version=3)))
