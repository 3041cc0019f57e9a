"""A reader is one file, and a cloud is one file: each is added to a copy and is then used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import lichen_policies
import pytest

import lichen

READER = '''
from lichen_policies.facts.fleet import fleet
from lichen_policies.facts.kinds import Located, Machines, Scaling

CLOUD = "{cloud}"
TYPES = {{"pulumi": ("{cloud}:x/pool:Pool",), "terraform": ("{cloud}_pool",)}}
FACTS = (Located, Machines, Scaling)


def read(properties, context):
    """The facts of a fleet."""
    yield from fleet(
        context,
        machines=[properties.stated_text("instance_type")],
        floor=properties.stated_whole("least"),
        ceiling=properties.stated_whole("most"),
        hosting="pools",
        region_at=properties.at("region"),
    )
'''

READ = """
from lichen_policies.facts import Resource
from lichen_policies.facts.reading import facts_of

resource = Resource(
    type="{type}", name="p", address="p", dialect="{dialect}", properties={properties}
)
for fact in facts_of(resource) or ():
    if type(fact).__name__ in ("AllMachines", "MachineKind"):
        continue  # of every Machines, whoever reads them
    print(type(fact).__name__, fact.path, fact.cloud, fact.region, fact.environment)
    machine, hosting = getattr(fact, "machine", ""), getattr(fact, "hosting", "")
    print(machine, hosting, fact.passport and fact.passport.model)
"""

CLOUD = """
from lichen.clouds.cloud import Cloud, Spelling

CLOUD = Cloud(
    name="scaleway",
    title="Scaleway",
    full_name="Scaleway",
    tags=Spelling(
        prefix="lichen+",
        continued="+",
        length=64,
        mark="!",
        hexadecimal="02x",
        escaped="[^a-z0-9-]",
        escape="!([0-9a-f]{2})",
    ),
    tag_properties=("words",),
    region_properties=("place",),
    zone="^([a-z]{2}-[a-z]{3})-[0-9]$",
    provider_properties=("place",),
    region_settings=("scaleway:place",),
    region_variables=("SCW_PLACE",),
    accelerated="^H100",
)
"""

USE_CLOUD = """
from lichen.clouds import CLOUDS, REGIONAL, region_of
from lichen.passport import Passport, read_tags, to_tags
from lichen.workload import Where
from lichen_policies.facts import region
import msgspec

assert REGIONAL == ("aws", "azure", "google", "scaleway"), REGIONAL
assert region_of("fr-par-2") == "fr-par"
passport = Passport(model="A/b")
assert to_tags(passport, "scaleway") == {"lichen+model": "!41!2fb"}
assert read_tags(to_tags(passport, "scaleway"), "scaleway") == (passport, ())
assert region.of_stack("scaleway", {"scaleway:place": "fr-par-1"}) == "fr-par"
assert region.of_provider({"place": "fr-par-1"}) == "fr-par"
assert region.of_process(CLOUDS["scaleway"], {"SCW_PLACE": "nl-ams"}) == "nl-ams"
assert msgspec.convert({"clouds": ["scaleway"]}, Where).clouds == ("scaleway",)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The engine and the rules, as files to add to."""
    for package in (lichen, lichen_policies):
        folder = Path(package.__file__ or "").parent
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(folder, tmp_path / folder.name, ignore=ignored)
    return tmp_path


def run(copy: Path, code: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.splitlines()


def add_reader(copy: Path, cloud: str) -> None:
    folder = copy / "lichen_policies" / "facts" / "readers" / cloud
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    (folder / "pool.py").write_text(READER.format(cloud=cloud))


def test_a_reader_is_one_file(copy: Path) -> None:
    add_reader(copy, "aws")
    pulumi = {"instanceType": "g5.xlarge", "least": 2, "region": "eu-north-1"}
    assert run(copy, READ.format(type="aws:x/pool:Pool", dialect="pulumi", properties=pulumi)) == [
        "Located  aws eu-north-1 None",
        "g5.xlarge pools None",
        "Machines instanceType aws eu-north-1 None",
        "g5.xlarge pools None",
        "Scaling least aws eu-north-1 None",
        "g5.xlarge pools None",
    ]
    terraform = {"instance_type": ["m7g.large"], "region": ["eu-north-1"]}
    assert run(copy, READ.format(type="aws_pool", dialect="terraform", properties=terraform)) == [
        "Located  aws eu-north-1 None",
        "m7g.large pools None",
        "Machines instance_type aws eu-north-1 None",
        "m7g.large pools None",
    ]
    assert run(copy, READ.format(type="aws_pool", dialect="pulumi", properties={})) == []


def test_a_cloud_is_one_file_and_its_readers(copy: Path) -> None:
    (copy / "lichen" / "clouds" / "scaleway.py").write_text(CLOUD)
    assert run(copy, USE_CLOUD) == []
    add_reader(copy, "scaleway")
    properties = {
        "instanceType": "H100-1-80G",
        "least": 1,
        "place": "fr-par-2",
        "words": {"lichen+model": "!41!2fb", "env": "prod"},
    }
    facts = run(
        copy, READ.format(type="scaleway:x/pool:Pool", dialect="pulumi", properties=properties)
    )
    assert facts == [
        "Located  scaleway fr-par prod",
        "H100-1-80G pools A/b",
        "Machines instanceType scaleway fr-par prod",
        "H100-1-80G pools A/b",
        "Scaling least scaleway fr-par prod",
        "H100-1-80G pools A/b",
        "DeclaredTags words scaleway fr-par prod",
        "  A/b",
    ]
    without_passport = {"instanceType": "H100-1-80G", "least": 1}
    facts = run(
        copy,
        READ.format(type="scaleway:x/pool:Pool", dialect="pulumi", properties=without_passport),
    )
    assert facts[-2:] == ["Scaling least scaleway None None", "H100-1-80G pools None"]
