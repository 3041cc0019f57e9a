"""Azure's templates: ARM's JSON and Bicep give the same resources, and what is open stays open."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lichen_policies.dialects import DeploymentInput
from lichen_policies.dialects.azure.expressions import of_the_template, value
from lichen_policies.dialects.folders import FolderReading, read_all
from lichen_policies.dialects.given_by_command import deployment_input
from lichen_policies.facts.kinds import Machines
from lichen_policies.facts.reading import facts_of
from lichen_policies.facts.unknown import is_unknown

from lichen.document import InputError

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"

TEMPLATE: dict[str, Any] = {
    "$schema": SCHEMA,
    "contentVersion": "1.0.0.0",
    "parameters": {
        "size": {"type": "string", "defaultValue": "Standard_NC24ads_A100_v4"},
        "where": {"type": "string", "defaultValue": "[resourceGroup().location]"},
        "nodes": {"type": "int"},
        "gpu": {"type": "bool", "defaultValue": False},
        "password": {"type": "secureString"},
    },
    "variables": {"name": "[concat('vm-', 'one')]", "tags": {"lichen:environment": "dev"}},
    "resources": [
        {
            "type": "Microsoft.Compute/virtualMachines",
            "name": "[variables('name')]",
            "location": "westeurope",
            "tags": "[union(variables('tags'), createObject('team', 'search'))]",
            "properties": {
                "hardwareProfile": {"vmSize": "Standard_ND96isr_H100_v5"},
                "osProfile": {"adminPassword": "[parameters('password')]"},
            },
        },
        {
            "type": "microsoft.compute/virtualmachines",
            "name": "[format('vm-{0}', uniqueString(resourceGroup().id))]",
            "location": "[parameters('where')]",
            "properties": {"hardwareProfile": {"vmSize": "[parameters('size')]"}},
        },
        {
            "type": "Microsoft.ContainerService/managedClusters",
            "name": "main",
            "location": "southafricanorth",
            "properties": {},
            "resources": [
                {
                    "type": "agentPools",
                    "name": "gpu",
                    "copy": {"name": "pools", "count": 2},
                    "properties": {
                        "vmSize": "Standard_NC24ads_A100_v4",
                        "count": "[parameters('nodes')]",
                    },
                }
            ],
        },
        {
            "type": "Microsoft.Compute/virtualMachines",
            "condition": "[parameters('gpu')]",
            "name": "maybe",
            "location": "westeurope",
            "properties": {"hardwareProfile": {"vmSize": "Standard_NC6s_v3"}},
        },
        {
            "type": "Microsoft.Compute/virtualMachines",
            "condition": "[equals(1, 2)]",
            "name": "never",
            "location": "westeurope",
        },
        {
            "type": "Microsoft.Resources/deployments",
            "name": "inside",
            "properties": {
                "expressionEvaluationOptions": {"scope": "inner"},
                "parameters": {"size": {"value": "Standard_D4s_v5"}},
                "template": {
                    "$schema": SCHEMA,
                    "parameters": {"size": {"type": "string"}},
                    "resources": [
                        {
                            "type": "Microsoft.Compute/virtualMachines",
                            "name": "inner",
                            "location": "northeurope",
                            "properties": {"hardwareProfile": {"vmSize": "[parameters('size')]"}},
                        }
                    ],
                },
            },
        },
    ],
}

BICEP = """
@description('Where')
param where string = resourceGroup().location
param size string = 'Standard_NC24ads_A100_v4'
param nodes int
param gpu bool = false
param tags resourceInput<'Microsoft.Compute/virtualMachines@2024-01-01'>.tags?
@secure()
param password string
var name = 'vm-${'one'}'

resource one 'Microsoft.Compute/virtualMachines@2024-03-01' = {
  name: name
  location: 'westeurope'
  tags: union({ 'lichen:environment': 'dev' }, { team: 'search' })
  properties: {
    hardwareProfile: { vmSize: 'Standard_ND96isr_H100_v5' }
    osProfile: { adminPassword: password }
  }
}

resource two 'Microsoft.Compute/virtualMachines@2024-03-01' = {
  name: 'vm-${uniqueString(resourceGroup().id)}'
  location: where
  properties: { hardwareProfile: { vmSize: size! } }
}

resource main 'Microsoft.ContainerService/managedClusters@2024-01-01' = {
  name: 'main'
  location: 'southafricanorth'
  properties: {}
}

resource pools 'Microsoft.ContainerService/managedClusters/agentPools@2024-01-01' = [
  for i in range(0, 2): {
  parent: main
  name: 'gpu'
  properties: {
    vmSize: 'Standard_NC24ads_A100_v4'
    count: nodes
  }
}]

resource maybe 'Microsoft.Compute/virtualMachines@2024-03-01' = if (gpu) {
  name: 'maybe'
  location: 'westeurope'
  properties: { hardwareProfile: { vmSize: 'Standard_NC6s_v3' } }
}

resource there 'Microsoft.Compute/virtualMachines@2024-03-01' existing = {
  name: 'there'
}

module inside 'inner.bicep' = {
  name: 'inside'
  params: { size: 'Standard_D4s_v5' }
}

module away 'br/public:avm/res/compute/virtual-machine:0.1.0' = {
  name: 'away'
}
"""

INNER = """
param size string
resource inner 'Microsoft.Compute/virtualMachines@2024-03-01' = {
  name: 'inner'
  location: 'northeurope'
  properties: { hardwareProfile: { vmSize: size } }
}
"""


def arm(folder: Path) -> Path:
    (folder / "stack.json").write_text(json.dumps(TEMPLATE))
    return folder


def bicep(folder: Path) -> Path:
    (folder / "main.bicep").write_text(BICEP)
    (folder / "inner.bicep").write_text(INNER)
    return folder


@pytest.mark.parametrize("written", [arm, bicep])
def test_both_languages_declare_the_same(written: Any, tmp_path: Path) -> None:
    reading = read_all([written(tmp_path)])
    by_name: dict[Any, list[Any]] = {}
    for each in reading.resources:
        name = each.properties["name"]
        by_name.setdefault("?" if is_unknown(name) else name, []).append(each)
    assert {name: len(found) for name, found in by_name.items()} == {
        "vm-one": 1,
        "?": 1,
        "main": 1,
        "gpu": 2,
        "maybe": 1,
        "inner": 1,
    }
    (one,), (two,), (maybe,), (inner,) = (
        by_name[name] for name in ("vm-one", "?", "maybe", "inner")
    )
    assert one.properties["tags"] == {"lichen:environment": "dev", "team": "search"}
    assert is_unknown(one.properties["osProfile"]["adminPassword"])
    assert "is secret" in one.properties["osProfile"]["adminPassword"].because
    assert "may be replaced" in two.properties["hardwareProfile"]["vmSize"].because
    assert "give --parameter" in two.region.because
    assert "gpu" in maybe.only_if
    assert inner.properties["hardwareProfile"] == {"vmSize": "Standard_D4s_v5"}
    machine = next(fact for fact in facts_of(one) or () if isinstance(fact, Machines))
    assert machine.machine == "Standard_ND96isr_H100_v5"
    assert machine.context.region == "westeurope"
    assert machine.path == "properties.hardwareProfile.vmSize"
    for pool in by_name["gpu"]:
        assert pool.properties["resourceName"] == "main"


def judged(reading: FolderReading) -> dict[str, set[str]]:
    from lichen_policies.gate import Gate

    report = Gate.near(Path.cwd()).report(reading.resources)
    found: dict[str, set[str]] = {}
    for each in report.findings:
        found.setdefault(each.rule, set()).add(each.resource or "")
    return found


def raise_where_broken(reading: FolderReading) -> None:
    for each in reading.skipped:
        if each.broken:
            raise InputError(each.text, fix="")


def test_a_template_in_json_says_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(TEMPLATE, indent=1))
    lines = path.read_text().splitlines()
    reading = read_all([path])
    assert len(reading.resources) > 4
    for each in reading.resources:
        assert each.line is not None
        assert lines[each.line - 1] == "  {"
    first = next(each for each in reading.resources if each.properties["name"] == "vm-one")
    assert first.line is not None
    assert "Microsoft.Compute/virtualMachines" in lines[first.line]


COMMENTED = """\
// Of the "platform" team
{ // https://aka.ms/arm "quoted"
  "$schema": "https://schema.management.azure.com/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0", /* of
  the file */
  "resources": [
    { // "serves"
      "type": "Microsoft.Compute/virtualMachineScaleSets", "apiVersion": "2023-03-01",
      "name": "pool", "location": "centralindia", "tags": {"a": "http://x /* no comment */"},
      "sku": {"name": "Standard_ND96asr_v4", "capacity": 4,}, // each has 8
    }, // the last
  ],
}
"""


def test_a_template_with_comments_is_read(tmp_path: Path) -> None:
    (tmp_path / "azuredeploy.json").write_text(COMMENTED)
    reading = read_all([tmp_path])
    (pool,) = reading.resources
    assert (pool.line, pool.properties["sku"]["capacity"]) == (7, 4)
    assert pool.properties["tags"]["a"] == "http://x /* no comment */"
    assert "too-many-accelerators" in judged(reading)


def test_a_template_with_comments_that_does_not_parse_cannot_pass(tmp_path: Path) -> None:
    text = COMMENTED.replace('"capacity": 4', '"capacity": four')
    (tmp_path / "azuredeploy.json").write_text(text)
    (tmp_path / "whole.json").write_text(COMMENTED)
    (skipped,) = read_all([tmp_path]).skipped
    assert skipped.broken
    assert "does not parse in line 10, column 58: expecting value" in skipped.text


def test_a_pool_is_judged_in_the_region_of_its_cluster(tmp_path: Path) -> None:
    (tmp_path / "arm").mkdir()
    (tmp_path / "bicep").mkdir()
    in_json = judged(read_all([arm(tmp_path / "arm")]))["dirty-region"]
    in_bicep = judged(read_all([bicep(tmp_path / "bicep")]))["dirty-region"]
    assert {
        "Microsoft.ContainerService/managedClusters/main",
        "Microsoft.ContainerService/managedClusters/agentPools/main/gpu",
        "Microsoft.ContainerService/managedClusters/agentPools/main/gpu#2",
    } < in_json
    assert {"main", "pools", "pools#2"} < in_bicep


@pytest.mark.parametrize("written", [arm, bicep])
def test_the_command_line_gives_parameters(written: Any, tmp_path: Path) -> None:
    given = {"size": "Standard_D2s_v5", "where": "swedencentral", "nodes": "3", "gpu": "true"}
    reading = read_all([written(tmp_path)], given=DeploymentInput(parameters=given))
    two = next(each for each in reading.resources if is_unknown(each.properties["name"]))
    assert two.properties["hardwareProfile"] == {"vmSize": "Standard_D2s_v5"}
    assert two.properties["location"] == "swedencentral"
    pools = [each for each in reading.resources if each.properties["name"] == "gpu"]
    assert [each.properties["count"] for each in pools] == [3, 3]
    wrong = DeploymentInput(parameters={"sise": "x"}, exact=True)
    file = tmp_path / ("stack.json" if written is arm else "main.bicep")
    with pytest.raises(InputError, match=r"sise:? is no parameter"):
        raise_where_broken(read_all([file], given=wrong))


def test_what_is_not_here_is_said(tmp_path: Path) -> None:
    folder = bicep(tmp_path)
    (away,) = read_all([folder]).skipped
    assert away.because == "calls the module away, which is not here"


MACHINE = "resource vm 'Microsoft.Compute/virtualMachines@2024-03-01' = {\n  name: 'vm'\n}\n"
MALFORMED = {
    "garbage": "}}}} garbage (((\n",
    "another format": "%PDF-1.4\n1 0 obj\n",
    "a misspelt word": MACHINE.replace("resource", "resourc"),
    "truncated": MACHINE[:-20],
    "truncated behind what is whole": f"{MACHINE}param size string =",
    "newer than the parser": MACHINE.replace("name: 'vm'", "name => 'vm'"),
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_bicep_cannot_pass(text: str, tmp_path: Path) -> None:
    """Named, or in a folder beside what is judged, as Terraform's language."""
    bad = tmp_path / "bad.bicep"
    bad.write_text(f"\n{text}")
    (tmp_path / "good.bicep").write_text(MACHINE)
    for named in (bad, tmp_path):
        (skipped,) = read_all([named]).skipped
        assert skipped.broken
        assert skipped.file == str(bad)
        assert re.match(r"line [2-5] is not Bicep that Lichen reads", skipped.because)
        assert "bicep build" in skipped.fix


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MACHINE.replace("{", "{\n  name: 'a'"), "name is there twice, in line 2 and in line 3"),
        (MACHINE.replace("{", "{\n  'name': 'a'"), "name is there twice, in line 2 and in line 3"),
        ("var unused = {a: [{b: 1, b: 2}]}\n", "b is there twice, in line 1 and in line 1"),
        (MACHINE + MACHINE, "vm is there twice, in line 1 and in line 4"),
        (f"param vm string\n{MACHINE}", "vm is there twice, in line 1 and in line 2"),
    ],
)
def test_what_is_declared_twice_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "main.bicep").write_text(text)
    (skipped,) = read_all([tmp_path]).skipped
    assert skipped.broken
    assert skipped.because == said


def test_what_may_have_one_name_is_read(tmp_path: Path) -> None:
    """Outputs have names of their own, keys that are made may differ, and so may case."""
    other = "output vm string = vm.name\nvar tags = {'${a}': 1, '${b}': 2, Name: 1, name: 2}\n"
    (tmp_path / "main.bicep").write_text(MACHINE + other)
    reading = read_all([tmp_path])
    assert reading.skipped == ()
    assert len(reading.resources) == 1


def test_newer_bicep_that_deploys_nothing_is_passed_over(tmp_path: Path) -> None:
    newer = (
        "extension microsoftGraphV1\nextension kubernetes with {\n  namespace: 'a'\n} as k8s\n"
        "type sku = resourceInput<'Microsoft.Storage/storageAccounts@2023-01-01'>.sku\n"
        "output made resourceOutput<'Microsoft.Storage/storageAccounts@2023-01-01'> = a\n"
    )
    (tmp_path / "main.bicep").write_text(newer + MACHINE)
    reading = read_all([tmp_path])
    assert reading.skipped == ()
    assert [each.line for each in reading.resources] == [7]


LAID_OUT = """
type size = {
  name: (
    | 'Standard_ND96asr_v4'
    | 'Standard_D2s_v5')
  nodes: (1 | 2 | 4)?
}
type kind =
  | 'a'
  | 'b'
param key object = {vault: 'https://a.vault.azure.net'}
var large = {name: 'Standard_ND96asr_v4'}
resource space 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: last(split('//a', '/'))!
  scope: az.resourceGroup(
    // of the subscription
    split((empty(key) ? 'a' : '////'), '/')[2],
    'b'
  )
}
resource pool 'Microsoft.Compute/virtualMachineScaleSets@2024-03-01' = {
  name: 'pool'
  location: 'centralindia'
  tags: {
    key: true ? '${key!.vault}/${key!.name!}' : ''
    text: last(split(
      '//a/b',
      '/'
    ))
  }
  sku: {name: large!.name, capacity: 4}
}
"""


def test_bicep_as_its_formatter_lays_it_out_is_read(tmp_path: Path) -> None:
    (tmp_path / "main.bicep").write_text(LAID_OUT)
    reading = read_all([tmp_path])
    assert reading.skipped == ()
    (pool,) = reading.resources
    assert LAID_OUT.splitlines()[pool.line - 1 if pool.line else 0].startswith("resource pool")
    assert "too-many-accelerators" in judged(reading)


SHARED = "@export()\nvar large = 'Standard_ND96asr_v4'\n@export()\nvar nodes = 4\n"
CALLED = """
param size string = 'Standard_ND96asr_v4'
param where string = 'centralindia'
resource pool 'Microsoft.Compute/virtualMachineScaleSets@2024-03-01' = {
  name: 'pool'
  location: where
  sku: {name: size, capacity: 4}
}
"""


@pytest.mark.parametrize(
    ("text", "sku"),
    [
        ("module called 'called.bicep' = {}\n", {"name": "Standard_ND96asr_v4", "capacity": 4}),
        (
            "module called 'called.bicep' = {params: {size: 'Standard_D2s_v5'}}\n",
            {"name": "Standard_D2s_v5", "capacity": 4},
        ),
        (
            "import {\n  large as size // of all\n  nodes\n} from 'shared.bicep'\n"
            "resource pool 'Microsoft.Compute/virtualMachineScaleSets@2024-03-01' = {\n"
            "  name: 'pool'\n  location: 'centralindia'\n  sku: {name: size, capacity: nodes}\n}\n",
            {"name": "Standard_ND96asr_v4", "capacity": 4},
        ),
        (
            "import * as all from 'shared.bicep'\nvar sku = {name: 'small', capacity: all.nodes}\n"
            "resource pool 'Microsoft.Compute/virtualMachineScaleSets@2024-03-01' = {\n"
            "  name: 'pool'\n  location: 'centralindia'\n  zones: ['1', ...['2']]\n  sku: {\n"
            "    ...sku\n    name: all.large\n  }\n}\n",
            {"name": "Standard_ND96asr_v4", "capacity": 4},
        ),
    ],
)
def test_what_files_of_bicep_share_is_known(tmp_path: Path, text: str, sku: Any) -> None:
    for name, content in (("called", CALLED), ("shared", SHARED), ("main", text)):
        (tmp_path / f"{name}.bicep").write_text(content)
    reading = read_all([tmp_path / "main.bicep"])
    (pool,) = reading.resources
    assert pool.properties["sku"] == sku
    assert pool.properties["location"] == "centralindia"
    large = sku["name"] == "Standard_ND96asr_v4"
    assert ("too-many-accelerators" in judged(reading)) == large


def test_what_a_spread_brings_may_be_anything(tmp_path: Path) -> None:
    text = f"param more object\n{MACHINE}".replace("name: 'vm'", "name: 'vm'\n  ...more")
    (tmp_path / "main.bicep").write_text(text)
    (machine,) = read_all([tmp_path]).resources
    assert is_unknown(machine.properties["properties"])
    assert is_unknown(machine.region)


def test_what_a_module_may_be_given_is_not_its_default(tmp_path: Path) -> None:
    main = "param more object\nmodule called 'called.bicep' = {\n  params: more\n}\n"
    (tmp_path / "called.bicep").write_text(CALLED)
    (tmp_path / "main.bicep").write_text(main)
    (pool,) = read_all([tmp_path]).resources
    assert is_unknown(pool.properties["sku"]["name"])


def test_what_a_module_is_not_given_is_left_out(tmp_path: Path) -> None:
    """Its compiler refuses a call without a parameter that may not be."""
    called = "param tags object?\n@secure()\nparam key string?\nparam size string\n" + MACHINE
    called = called.replace(
        "name: 'vm'",
        "name: 'vm'\n  tags: tags\n  properties: {hardwareProfile: {vmSize: size}, key: key}",
    )
    (tmp_path / "called.bicep").write_text(called)
    main = "param size string\nmodule called 'called.bicep' = {params: {size: size}}\n"
    (tmp_path / "main.bicep").write_text(main)
    machine = {
        "type": "Microsoft.Compute/virtualMachines",
        "name": "vm",
        "tags": "[parameters('tags')]",
        "properties": {
            "hardwareProfile": {"vmSize": "[parameters('size')]"},
            "key": "[parameters('key')]",
        },
    }
    nullable = {"type": "object", "nullable": True}
    inner = {
        "parameters": {"tags": nullable, "size": {"type": "string"}, "key": {"type": "string"}},
        "resources": [machine],
    }
    scope = {"expressionEvaluationOptions": {"scope": "inner"}}
    secret = {"reference": {"keyVault": {"id": "a"}, "secretName": "b"}}
    passed = {"parameters": {"size": {"value": "[parameters('size')]"}, "key": secret}}
    template = {"$schema": SCHEMA, "parameters": {"size": {"type": "string"}}}
    deployment = nested({"template": inner, **scope, **passed})
    (tmp_path / "main.json").write_text(json.dumps({**template, "resources": [deployment]}))
    for name in ("main.bicep", "main.json"):
        (found,) = read_all([tmp_path / name]).resources
        assert found.properties["tags"] is None
        assert is_unknown(found.properties["hardwareProfile"]["vmSize"])
        assert is_unknown(found.properties["key"])


def test_a_deployment_inside_of_a_template_has_its_defaults(tmp_path: Path) -> None:
    """One that a parameter's default is made of itself ends."""
    inner = {
        "$schema": SCHEMA,
        "parameters": {
            "nodes": {"type": "int", "defaultValue": 4},
            "size": {"type": "string", "defaultValue": "Standard_ND96asr_v4"},
            "odd": {"type": "string", "defaultValue": "[parameters('odd')]"},
        },
        "resources": [
            {
                "type": "Microsoft.Compute/virtualMachineScaleSets",
                "name": "pool",
                "location": "centralindia",
                "sku": {"name": "[parameters('size')]", "capacity": "[parameters('nodes')]"},
                "tags": {"odd": "[parameters('odd')]"},
            }
        ],
    }
    options = {"expressionEvaluationOptions": {"scope": "inner"}, "template": inner}
    deployment = {"type": "Microsoft.Resources/deployments", "name": "a", "properties": options}
    (tmp_path / "main.json").write_text(json.dumps({"$schema": SCHEMA, "resources": [deployment]}))
    (pool,) = read_all([tmp_path]).resources
    assert pool.properties["sku"] == {"name": "Standard_ND96asr_v4", "capacity": 4}
    assert is_unknown(pool.properties["tags"]["odd"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sizes.large == sizes.small ? 'same' : sizes.small.name", "small"),
        ("sizes['large'].name == 'large' ? sizes.large.name : sizes.small.name", "large"),
        ("!sizes.small.gpu && sizes.large.gpu ? 'yes' : 'no'", "yes"),
        ("1 + sizes.large.nodes", 5),
        ("items(sizes)[1].value.name", "small"),
        ("nothing ?? sizes.large.name", "large"),
    ],
)
def test_a_member_is_of_what_is_directly_before_it(
    tmp_path: Path, text: str, expected: Any
) -> None:
    shared = (
        "var nothing = null\nvar sizes = {\n  small: {name: 'small', gpu: false}\n"
        "  large: {name: 'large', gpu: true, nodes: 4}\n}\n"
    )
    machine = MACHINE.replace("name: 'vm'", f"name: 'vm'\n  tags: {{found: {text}}}")
    (tmp_path / "main.bicep").write_text(shared + machine)
    (found,) = read_all([tmp_path]).resources
    assert found.properties["tags"]["found"] == expected


FUNCTIONS = """
func sized(nodes int, word string) string => '${word}-${nodes}'
var lists = [[1], [2, 3]]
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sized(4, 'a')", "a-4"),
        ("loadJsonContent('sizes.json').large.name", "large"),
        ("loadJsonContent('sizes.json', '$.large').nodes", 4),
        ("loadYamlContent('sizes.yaml', '.large.name')", "large"),
        ("json(loadTextContent('plain.json')).nodes", 4),
        ("sys.concat('a', az.toUpper('b'))", "aB"),
        ("any('a')", "a"),
        ("'Prod' =~ 'prod' ? 1 : 2", 1),
        ("'Prod' !~ 'prod' ? 1 : 2", 2),
        ("substring('abcd', 1, 2)", "bc"),
        ("take(skip(flatten(lists), 1), 1)", [2]),
        ("indexOf('abC', 'c')", 2),
    ],
)
def test_what_functions_give_is_known(tmp_path: Path, text: str, expected: Any) -> None:
    (tmp_path / "sizes.json").write_text(
        '{"large": {"name": "large", "nodes": 4}} // of production'
    )
    (tmp_path / "plain.json").write_text('{"nodes": 4}')
    (tmp_path / "sizes.yaml").write_text("large:\n  name: large\n")
    machine = MACHINE.replace("name: 'vm'", f"name: 'vm'\n  tags: {{found: {text}}}")
    (tmp_path / "main.bicep").write_text(FUNCTIONS + machine)
    (found,) = read_all([tmp_path / "main.bicep"]).resources
    assert found.properties["tags"]["found"] == expected


@pytest.mark.parametrize(
    "text",
    ["loadJsonContent('none.json').a", "loadJsonContent('main.bicep')", "loadYamlContent(size)"],
)
def test_a_file_that_cannot_be_read_gives_what_nobody_knows(tmp_path: Path, text: str) -> None:
    machine = MACHINE.replace("name: 'vm'", f"name: 'vm'\n  tags: {{found: {text}}}")
    (tmp_path / "main.bicep").write_text(f"param size string\n{machine}")
    (found,) = read_all([tmp_path / "main.bicep"]).resources
    assert is_unknown(found.properties["tags"]["found"])


def test_what_a_condition_of_a_member_leaves_out_is_not_made(tmp_path: Path) -> None:
    text = MACHINE.replace("= {", "= if (true && one.gpu) {")
    (tmp_path / "main.bicep").write_text(f"var one = {{gpu: false}}\n{text}")
    assert read_all([tmp_path]).resources == ()


def test_a_loop_inside_of_an_object_is_what_it_makes(tmp_path: Path) -> None:
    """As the compiler of Bicep writes it."""
    copy = {
        "name": "agentPoolProfiles",
        "count": "[length(variables('sizes'))]",
        "input": {
            "name": "[concat('p', copyIndex('agentPoolProfiles', 1))]",
            "vmSize": "[variables('sizes')[copyIndex('agentPoolProfiles')]]",
            "count": 3,
        },
    }
    cluster = {
        "type": "Microsoft.ContainerService/managedClusters",
        "name": "main",
        "location": "centralindia",
        "properties": {"copy": [copy], "dnsPrefix": "a"},
    }
    sizes = {"name": "sizes", "count": 2, "input": "Standard_ND96asr_v4"}
    template = {"$schema": SCHEMA, "variables": {"copy": [sizes]}, "resources": [cluster]}
    (tmp_path / "main.json").write_text(json.dumps(template))
    reading = read_all([tmp_path])
    (made,) = reading.resources
    size = "Standard_ND96asr_v4"
    assert made.properties["agentPoolProfiles"] == [
        {"name": "p1", "vmSize": size, "count": 3},
        {"name": "p2", "vmSize": size, "count": 3},
    ]
    assert made.properties["dnsPrefix"] == "a"
    assert "too-many-accelerators" in judged(reading)
    for count, known in ((1001, None), ("[parameters('open')]", False)):
        copy["count"] = count
        (tmp_path / "main.json").write_text(json.dumps(template))
        if known is None:
            with pytest.raises(InputError, match=r"copy.count: is more than 1000"):
                read_all([tmp_path / "main.json"])
        else:
            (made,) = read_all([tmp_path]).resources
            assert is_unknown(made.properties["agentPoolProfiles"])


INSIDE = """
resource main 'Microsoft.ContainerService/managedClusters@2024-01-01' = [for name in ['a', 'b']: {
  name: name
  location: 'centralindia'
  resource gpu 'agentPools' = if (name == 'a') {
    name: 'gpu'
    properties: {vmSize: 'Standard_ND96asr_v4', count: 4}
  }
}]
resource space 'Microsoft.MachineLearningServices/workspaces@2024-04-01' existing = {
  name: 'space'
  resource end 'onlineEndpoints' existing = {
    name: 'end'
    resource blue 'deployments@2024-04-01' = {
      name: 'blue'
      location: 'centralindia'
      sku: {name: 'Default', capacity: 4}
      properties: {endpointComputeType: 'Managed', instanceType: 'Standard_ND96asr_v4'}
    }
  }
}
"""


def test_a_resource_that_is_declared_inside_of_another_is_made(tmp_path: Path) -> None:
    (tmp_path / "main.bicep").write_text(INSIDE)
    reading = read_all([tmp_path])
    lines = {each.address: (each.type, each.line) for each in reading.resources}
    assert lines == {
        "main": ("Microsoft.ContainerService/managedClusters", 2),
        "gpu": ("Microsoft.ContainerService/managedClusters/agentPools", 5),
        "main#2": ("Microsoft.ContainerService/managedClusters", 2),
        "blue": (
            "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
            14,
        ),
    }
    pool = next(each for each in reading.resources if each.address == "gpu")
    assert (pool.properties["resourceName"], pool.properties["name"]) == ("a", "gpu")
    assert {"gpu", "blue"} <= judged(reading)["too-many-accelerators"]


def test_resources_with_symbolic_names_are_read_wherever_they_are(tmp_path: Path) -> None:
    pool = {"type": "agentPools", "name": "gpu", "properties": {"count": 4}}
    cluster = {
        "type": "Microsoft.ContainerService/managedClusters",
        "name": "main",
        "resources": {"pool": pool, "old": {**pool, "existing": True, "name": "old"}},
    }
    template = {"$schema": SCHEMA, "languageVersion": "2.0", "resources": {"main": cluster}}
    (tmp_path / "main.json").write_text(json.dumps(template))
    addresses = [each.address for each in read_all([tmp_path]).resources]
    assert addresses == [
        "Microsoft.ContainerService/managedClusters/main",
        "Microsoft.ContainerService/managedClusters/agentPools/main/gpu",
    ]


LARGE = "Standard_ND96isr_H100_v5"
SCALE_SET: dict[str, Any] = {
    "type": "Microsoft.Compute/virtualMachineScaleSets",
    "name": "pool",
    "location": "centralindia",
    "sku": {"name": LARGE, "capacity": 8},
}
AS_ANYBODY_WRITES = {
    "the words of a resource": {"resources": [{
        "Type": "microsoft.compute/virtualmachinescalesets", "NAME": "pool",
        "Location": "Central India",
        "Sku": {"Name": LARGE, "CAPACITY": 8},
    }]},
    "a parameter": {
        "parameters": {"size": {"type": "string"}},
        "resources": [{**SCALE_SET, "sku": {"name": "[parameters('Size')]", "capacity": 8}}],
    },
    "a variable, and a member of it": {
        "Variables": {"Sku": {"Name": LARGE}},
        "Resources": [{**SCALE_SET, "sku": {"name": "[variables('sku').name]", "capacity": 8}}],
        "resources": [],
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", AS_ANYBODY_WRITES)
def test_azure_tells_no_capital_letter_from_a_small_one(tmp_path: Path, kind: str) -> None:
    template = {"$schema": SCHEMA, **AS_ANYBODY_WRITES[kind]}
    if "Resources" in template:
        del template["resources"]
    (tmp_path / "main.json").write_text(json.dumps(template))
    given = DeploymentInput(
        parameters={"SIZE": LARGE} if "parameters" in template else {}, exact=True
    )
    reading = read_all([tmp_path / "main.json"], given=given)
    assert "too-many-accelerators" in judged(reading)


def nested(template: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {
        "type": "Microsoft.Resources/deployments",
        "name": "a",
        "properties": {"mode": "Incremental", **template},
        **options,
    }


WITH_INDEX = {**SCALE_SET, "sku": {"name": "[variables('sizes')[copyIndex()]]", "capacity": 8}}


@pytest.mark.parametrize(
    "resource",
    [
        {
            "type": "Microsoft.Compute/virtualMachines",
            "name": "vm",
            "resources": [nested({"template": {"resources": [SCALE_SET]}})],
        },
        nested({"Template": {"Resources": [SCALE_SET]}}),
        nested({"template": {"resources": [WITH_INDEX]}}, copy={"name": "c", "count": 2}),
        nested(
            {"template": {"resources": [SCALE_SET]}}, type="Microsoft.Resources/deploymentStacks"
        ),
    ],
)
def test_a_deployment_is_read_wherever_it_is(resource: dict[str, Any], tmp_path: Path) -> None:
    template = {"$schema": SCHEMA, "variables": {"sizes": ["Standard_D2s_v5", LARGE]}}
    (tmp_path / "main.json").write_text(json.dumps({**template, "resources": [resource]}))
    reading = read_all([tmp_path])
    assert reading.skipped == ()
    found = judged(reading)["too-many-accelerators"]
    assert len(found) == 1


def test_objects_inside_of_joined_ones_are_joined() -> None:
    text = '[union(json(\'{"a": {"b": 1}, "c": [1]}\'), json(\'{"a": {"d": 2}, "c": [2]}\'))]'
    found = value(text, lambda name, arguments: of_the_template(name, arguments, {}))
    assert found == {"a": {"b": 1, "d": 2}, "c": [2]}


def test_properties_that_are_a_parameter_are_not_left_out(tmp_path: Path) -> None:
    from lichen_policies.gate import Gate

    machine = {
        "type": "Microsoft.Compute/virtualMachines",
        "name": "vm",
        "location": "centralindia",
        "properties": "[parameters('all')]",
    }
    template = {"$schema": SCHEMA, "parameters": {"all": {"type": "object"}}}
    (tmp_path / "main.json").write_text(json.dumps({**template, "resources": [machine]}))
    report = Gate.near(Path.cwd()).report(read_all([tmp_path]).resources)
    assert "too-many-accelerators" in {each.rule for each in report.unverified}


IN_A_FILE = {
    "main.bicepparam": "using 'main.bicep'\nextends 'base.bicepparam'\n"
    "import {large} from 'shared.bicep'\nvar two = 2\nparam where = 'centralindia'\n"
    "param pools = [\n  {size: large, nodes: two}\n]\nparam on = false\n"
    "param key = az.getSecret('a')\n",
    "main.parameters.json": """{ // of production
  "parameters": {
    "where": {"value": "centralindia"},
    "pools": {"value": [{"size": "Standard_ND96asr_v4", "nodes": 2}]},
    "on": {"value": false},
    "key": {"reference": {"keyVault": {"id": "CANARY"}, "secretName": "CANARY"}},
    "left": {"value": null}
  }
}""",
}
TAKES_A_LIST = """
param where string
param pools array
param on bool
param left string?
@secure()
param key string
resource pool 'Microsoft.Compute/virtualMachineScaleSets@2024-03-01' = [for each in pools: {
  name: 'pool'
  location: where
  sku: {name: each.size, capacity: each.nodes}
}]
resource other 'Microsoft.Compute/virtualMachines@2024-03-01' = if (on) {
  name: 'other'
}
"""


@pytest.mark.parametrize("name", IN_A_FILE)
def test_a_file_gives_parameters_of_every_type(tmp_path: Path, name: str) -> None:
    (tmp_path / "main.bicep").write_text(TAKES_A_LIST)
    (tmp_path / "shared.bicep").write_text(SHARED)
    (tmp_path / name).write_text(IN_A_FILE[name])
    given = deployment_input(None, tmp_path / name, ("where=swedencentral",), exact=True)
    (pool,) = read_all([tmp_path / "main.bicep"], given=given).resources
    assert pool.properties["sku"] == {"name": "Standard_ND96asr_v4", "capacity": 2}
    assert pool.properties["location"] == "swedencentral"


def test_parameters_of_bicep_alone_are_no_deployment(tmp_path: Path) -> None:
    (tmp_path / "main.bicepparam").write_text(IN_A_FILE["main.bicepparam"])
    (tmp_path / "main.bicep").write_text(MACHINE)
    (mention,) = read_all([tmp_path]).skipped
    assert mention.because == "has parameters for a file of Bicep"
    with pytest.raises(InputError, match=r"lichen check main.bicep --parameters main.bicepparam"):
        read_all([tmp_path / "main.bicepparam"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("[[text]", "[text]"),
        ("['it''s']", "it's"),
        ("[if(equals(1, 1), 'a', 'b')]", "a"),
        ("[toUpper(first(split('a-b', '-')))]", "A"),
        ("[createObject('a', createArray(1, 2)).a[1]]", 2),
        ("[length(range(0, 3))]", 3),
        ("[and(false(), reference('x').on)]", False),
        ("[coalesce(null(), 'x')]", "x"),
        ("[join(createArray('a', 1), '-')]", "a-1"),
        ("[json('{\"a\": 1}').a]", 1),
    ],
)
def test_an_expression_holds_what_azure_says(text: str, expected: Any) -> None:
    assert value(text, lambda name, arguments: of_the_template(name, arguments, {})) == expected


@pytest.mark.parametrize(
    "text",
    ["[reference('x').y]", "[newGuid()]", "[concat('a', utcNow())]", "[a", "[1 +]", "[f(]",
     "[if(contains('a', reference('x')), 1, 2)]", "[first(createArray())]"],
)  # fmt: skip
def test_what_only_the_deployment_knows_is_unknown(text: str) -> None:
    found = value(text, lambda name, arguments: of_the_template(name, arguments, {}))
    assert is_unknown(found) or found == text


def test_an_expression_without_end_is_refused_with_its_line(tmp_path: Path) -> None:
    """Calls in each other are a string of the template, so that the parser sees no depth."""
    deep = f"[{'toLower(' * 5000}'westeurope'{')' * 5000}]"
    machine = {"type": "Microsoft.Compute/virtualMachines", "name": "a", "location": "westeurope"}
    inside = {**machine, "properties": {"hardwareProfile": {"vmSize": deep}}}
    path = tmp_path / "template.json"
    for made in ({**machine, "location": deep}, inside):
        path.write_text(json.dumps({"$schema": SCHEMA, "resources": [machine, made]}, indent=1))
        with pytest.raises(InputError, match="line 9: is nested too deeply to read"):
            read_all([path])
