"""The component that chooses: its arguments, what it takes, what it refuses."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import lichen_components
import msgspec
import pulumi
import pytest
import yaml
from lichen_components.args import EndpointArgs
from lichen_components.aws.args import aws_args
from lichen_components.aws.sagemaker.asynchronous import AsynchronousEndpoint
from lichen_components.aws.sagemaker.endpoint import SagemakerEndpoint
from lichen_components.endpoint import plan_of, receipt
from lichen_components.errors import input_errors
from lichen_components.makers import (
    chip_families,
    chip_of,
    maker_of,
    maker_rows,
    row_of,
    servers_found,
)
from lichen_components.servers.container import DATA_TYPES
from pulumi import RunError

from lichen.catalogue import load
from lichen.catalogue.schema import Image, Made
from lichen.document import InputError
from lichen.placing.choose import place
from lichen.placing.images import PUBLIC, public_image
from lichen.placing.question import Question
from lichen.workload import as_workload
from tests.components.narrowed import ARTIFACTS, CHAT, QUEUED, VECTORS, Only, planned


def test_chip_and_model_choose_the_server() -> None:
    assert planned("inf2.xlarge", CHAT).container.server == "neuron"
    assert planned("c7g.xlarge", VECTORS).container.server == "pytorch"
    assert planned("g6.xlarge", CHAT).container.server == "vllm"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"regoins": ["eu-west-1"]}, "'regoins' on Endpoint. Fix: did you mean 'regions'?"),
        ({"artefacts": "s3://b/m/"}, "'artefacts' on Endpoint. Fix: did you mean 'artifacts'?"),
        ({"workloadFile": "w.yaml"}, "did you mean 'workload_file'?"),
        (
            {"workload": {**CHAT, "traffic": {"peak_rps": pulumi.Output.from_input(1)}}},
            "workload.traffic.peak_rps: is an output, and a workload is placed before",
        ),
    ],
    ids=["regions", "artifacts", "file", "output"],
)
def test_a_program_in_python_gets_what_other_languages_get(
    wrong: dict[str, Any], sentence: str
) -> None:
    args: Any = {"workload": CHAT, "artifacts": ARTIFACTS, **wrong}
    with pytest.raises(InputError, match=re.escape(sentence)):
        plan_of(args)


def test_a_hostings_maker_is_imported_by_its_path() -> None:
    chat = as_workload(CHAT)
    assert maker_of(row_of("sagemaker", chat)) is SagemakerEndpoint
    queued = msgspec.structs.replace(chat, mode="asynchronous")
    assert maker_of(row_of("sagemaker", queued)) is AsynchronousEndpoint


def test_a_hosting_is_a_folder_with_its_rows_and_no_table_names_it(tmp_path: Path) -> None:
    """A new hosting is one new folder; looking for rows imports no cloud's SDK."""
    folder = tmp_path / "lichen_components" / "elsewhere"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(
        "from lichen_components.row import MakerRow\n"
        "MAKERS = (MakerRow('elsewhere', 'lichen_components.elsewhere.maker:Made'),)\n"
    )
    (folder / "maker.py").write_text("class Made: ...\n")
    program = (
        "import sys, lichen_components\n"
        f"lichen_components.__path__.append({str(tmp_path / 'lichen_components')!r})\n"
        "from lichen.workload import as_workload\n"
        "from lichen_components.makers import maker_of, maker_rows, row_of\n"
        f"chat = as_workload({CHAT!r})\n"
        "assert len(maker_rows()) > 5\n"
        "assert not {'pulumi_aws', 'pulumi_gcp', 'pulumi_kubernetes'} & sys.modules.keys()\n"
        "print(maker_of(row_of('elsewhere', chat)).__name__)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("Made\n", "")
    own = {row.hosting for row in maker_rows()} - {"ec2", "lambda"}  # words of other meanings
    package = Path(lichen_components.__file__).parent
    for file in (package / "makers.py", package / "endpoint.py"):
        assert [hosting for hosting in own if hosting in file.read_text()] == []


@pytest.mark.parametrize(
    ("where", "wrong", "fix"),
    [
        ("gs://models/chat/", "SageMaker does not read", "copy them, and write s3://<bucket>"),
        ("hf://meta-llama/Llama-3.1-8B", "SageMaker does not read", "or name another hosting"),
        ("pvc://models/chat", "SageMaker does not read", "where.hosting"),
        ("/models/chat", "is no location of a model's files", "write s3://<bucket>/<prefix>/"),
    ],
)
def test_files_are_where_the_hosting_can_read_them(where: str, wrong: str, fix: str) -> None:
    for args in (
        EndpointArgs(workload=CHAT, artifacts=where),
        EndpointArgs(workload=CHAT, aws={"artifacts": where}),
    ):
        with pytest.raises(InputError, match=wrong) as refused:
            plan_of(args, Only("inf2.xlarge"))
        assert refused.value.field == "artifacts"
        assert fix in refused.value.fix


def test_every_image_has_a_maker_and_a_server_and_every_maker_and_server_an_image() -> None:
    images = load().table("images", Image)
    assert {image.hosting for image in images} <= {row.hosting for row in maker_rows()} | {PUBLIC}
    # The user's own image is in no table.
    assert {image.server for image in images} == set(servers_found()) - {"image"}
    families = set(chip_families(load()).values())
    assert all(set(image.chip_families) <= families for image in images)


def test_an_older_chip_of_the_same_maker_is_not_taken_for_a_newer() -> None:
    arguments = EndpointArgs(workload={**VECTORS, "where": CHAT["where"]}, artifacts=ARTIFACTS)
    with pytest.raises(InputError, match=r"inf1\.xlarge: retired: Inferentia1"):
        plan_of(arguments, Only("inf1.xlarge"))


def test_the_rows_of_what_can_be_made_and_the_images_say_the_same() -> None:
    made = [row for row in load().table("makes", Made) if row.server is not None]
    images = load().table("images", Image)

    def triples(rows: object) -> set[tuple[str, str, str]]:
        # SageMaker's images serve the same way on the other hostings.
        return {
            (family, row.server, kind)
            for row, families in rows
            for family in families
            for kind in row.kinds
        }

    hostings = load().hostings
    ours = [
        row
        for row in made
        if hostings[row.hosting].cloud == "aws" and hostings[row.hosting].kind != "kubernetes"
    ]
    assert triples((row, row.families) for row in ours) == triples(
        (image, image.chip_families) for image in images if image.hosting == "sagemaker"
    )
    # Elsewhere every row of what is made has a public image for each chip and kind of model.
    for row in made:
        if hostings[row.hosting].cloud == "aws" and row.hosting != "eks":
            continue
        for family, kind in product(row.families, row.kinds):
            if row.server not in ("image", "neuron"):
                assert public_image(load(), row.hosting, family, kind) is not None
    assert {row.hosting for row in made} == {row.hosting for row in maker_rows()}
    assert {row.server for row in made} == set(servers_found())
    assert {
        precision for row in made if row.server == "neuron" for precision in row.precisions
    } == set(DATA_TYPES)


def test_where_no_component_makes_any_it_is_said_what_there_is() -> None:
    anywhere = {**CHAT, "where": {"clouds": ["google"]}}
    arguments = EndpointArgs(workload=anywhere, artifacts=ARTIFACTS)
    unnamed = r"on Compute Engine only where where\.hosting names compute-engine"
    with pytest.raises(InputError, match=unnamed) as refused:
        plan_of(arguments, Only("g2-standard-4"))
    assert refused.value.fix.startswith(
        "allow in where and precisions what a component can make: Inferentia2, T4, A10G, L4, L40S, "
        "A100, H100, H200, B200, B300, RTX PRO 6000, RTX PRO 4500, Graviton2, Graviton3, Graviton4 "
        "on SageMaker; Xeon AVX, Xeon AMX on SageMaker batch transform; "
    )


def test_what_no_component_makes_never_wins() -> None:
    """The cheaper and cleaner machine is another cloud's: the best that can be made is taken."""
    anywhere = {**CHAT, "environment": "dev", "where": {}}
    both = Only("g2-standard-4", "g6.48xlarge")
    workload = as_workload(anywhere)
    unrestricted = place(msgspec.structs.replace(Question.of(workload, catalogue=both), makes=None))
    assert unrestricted.chosen.machine == "g2-standard-4"
    placement = plan_of(
        EndpointArgs(workload=anywhere, artifacts=ARTIFACTS), both
    ).decision.placement
    assert placement.chosen.machine == "g6.48xlarge"
    assert re.fullmatch(
        r"g2-standard-4 in \S+ at bf16 would emit \d+ % less and cost \d+ % less, "
        "but a component makes it on Compute Engine only where where.hosting names compute-engine",
        placement.because[-1],
    )
    assert receipt(placement)["rejected"]["component"] > 0


def test_a_user_who_names_nothing_gets_what_a_component_makes() -> None:
    anywhere = {**CHAT, "where": {}, "precisions": ["int8", "bf16"]}
    plan = plan_of(EndpointArgs(workload=anywhere, artifacts=ARTIFACTS), load())
    assert plan.decision.placement.chosen.hosting in {row.hosting for row in maker_rows()}


def test_a_precision_that_the_images_do_not_serve_gives_way_to_one_that_they_do() -> None:
    plan = planned("inf2.xlarge", {**CHAT, "precisions": ["int8", "bf16"]})
    assert plan.decision.placement.chosen.precision == "bf16"


def test_a_kind_of_model_without_an_image_is_made_with_the_users() -> None:
    vectors = {**VECTORS, "precisions": ["bf16"]}
    with pytest.raises(InputError, match="no published image serves models of kind encoder on L4"):
        planned("g6.xlarge", vectors)
    image = "111122223333.dkr.ecr.{region}.amazonaws.com/serve:1"
    plan = planned("g6.xlarge", vectors, image=image)
    assert plan.decision.placement.chosen.machine == "g6.xlarge"


def test_the_fix_for_zero_where_a_region_refuses_it_can_be_followed() -> None:
    asleep = {**CHAT, "environment": "dev", "availability": {"minimum_replicas": 0}}
    with pytest.raises(InputError) as refused:
        planned("inf2.xlarge", asleep)
    assert "SageMaker was seen to refuse zero machines in real time there" in refused.value.wrong
    assert "availability: {minimum_replicas: 1}, or mode: asynchronous" in refused.value.wrong
    planned("inf2.xlarge", {**asleep, "availability": {"minimum_replicas": 1}})
    planned("inf2.xlarge", {**asleep, "mode": "asynchronous"}, **QUEUED)


def test_a_chips_family_is_looked_up_never_a_prefix() -> None:
    catalogue = load()
    families = chip_families(catalogue)

    def family(machine: str) -> str | None:
        return families.get(chip_of(catalogue.machine(machine)))

    assert family("inf1.xlarge") == "Inferentia1"
    assert family("inf2.xlarge") == "Inferentia2"
    assert family("c8g.large") == "Graviton4"
    assert family("g6.xlarge") == "L4"
    assert family("g6e.xlarge") == "L40S"


@pytest.mark.parametrize(
    ("wrong", "field", "fix"),
    [
        ({"model": "meta-llama/Lama-3.1-8B"}, "workload.model", "Llama-3.1-8B"),
        ({"trafic": {}}, "workload.trafic", "traffic"),
        ({"where": {"regions": ["eu-nort-1"]}}, "workload.where.regions[0]", "eu-north-1"),
    ],
)
def test_a_mistake_is_answered_with_its_field_and_the_nearest_word(
    wrong: dict[str, Any], field: str, fix: str
) -> None:
    arguments = EndpointArgs(workload={**CHAT, **wrong}, artifacts=ARTIFACTS)
    with pytest.raises(InputError) as refused:
        plan_of(arguments, load())
    assert refused.value.field == field
    assert fix in refused.value.fix


def test_an_objective_is_one_of_three() -> None:
    arguments = EndpointArgs(workload=CHAT, artifacts=ARTIFACTS, objective="carbn")
    with pytest.raises(InputError, match="did you mean 'carbon'"):
        plan_of(arguments, load())


def test_nothing_fits_names_the_nearest_misses() -> None:
    impossible = {**CHAT, "latency": {"time_per_output_token_ms": 0.01}}
    arguments = EndpointArgs(workload=impossible, artifacts=ARTIFACTS)
    with pytest.raises(InputError, match=r"no offer can serve it.*inf2\.xlarge"):
        plan_of(arguments, Only("inf2.xlarge"))


def test_the_receipt_is_plain_values_and_counts_the_losers() -> None:
    plan = planned("inf2.xlarge", CHAT)
    values = json.loads(json.dumps(receipt(plan.decision.placement)))
    assert values["chosen"]["machine"] == "inf2.xlarge"
    assert values["sizing"]["compiled_batch"] == plan.decision.placement.sizing.compiled_batch
    assert sum(values["rejected"].values()) == len(plan.decision.placement.rejected)
    assert values["because"]


def test_a_refusal_ends_a_program_with_its_sentence() -> None:
    with pytest.raises(RunError) as refused, input_errors():
        raise InputError("is wrong", fix="write it so", field="workload.model")
    assert str(refused.value) == "workload.model: is wrong. Fix: write it so."


def test_whole_numbers_that_came_as_floats_are_whole() -> None:
    traffic = {"peak_rps": 0.2, "input_tokens": 600.0, "output_tokens": 200.0}
    arguments = EndpointArgs(workload={**CHAT, "traffic": traffic}, artifacts=ARTIFACTS)
    workload = plan_of(arguments, Only("inf2.xlarge")).decision.workload
    assert workload.traffic.input_tokens == 600
    assert workload.traffic.peak_rps == 0.2


def test_the_block_and_the_arguments_beside_it_mean_the_same() -> None:
    flat = EndpointArgs(workload=CHAT, artifacts=ARTIFACTS, registry="copies")
    block = EndpointArgs(workload=CHAT, aws={"artifacts": ARTIFACTS, "registry": "copies"})
    both = EndpointArgs(workload=CHAT, artifacts=ARTIFACTS, aws={"registry": "copies"})
    twice = EndpointArgs(workload=CHAT, artifacts=ARTIFACTS, aws={**aws_args(block)})
    assert aws_args(flat) == aws_args(block) == aws_args(both) == aws_args(twice)


def test_an_argument_given_twice_with_two_values_is_refused() -> None:
    arguments = EndpointArgs(workload=CHAT, artifacts=ARTIFACTS, aws={"artifacts": "s3://other/"})
    with pytest.raises(InputError) as refused:
        plan_of(arguments, Only("inf2.xlarge"))
    assert str(refused.value) == (
        "aws.artifacts: 'artifacts' and 'aws.artifacts' have different values. Fix: write it once."
    )
    asyncio.set_event_loop(asyncio.new_event_loop())  # that of another test's program is closed
    known = pulumi.Output.from_input("s3://one/")
    output = EndpointArgs(workload=CHAT, artifacts=known, aws={"artifacts": known})
    assert aws_args(output) == {"artifacts": known}
    unknown = EndpointArgs(workload=CHAT, artifacts=known, aws={"artifacts": "s3://one/"})
    with pytest.raises(InputError, match="have different values"):
        aws_args(unknown)


def test_an_endpoint_on_aws_needs_artifacts() -> None:
    with pytest.raises(InputError) as refused:
        plan_of(EndpointArgs(workload=CHAT), Only("inf2.xlarge"))
    assert str(refused.value) == (
        "artifacts: is required on AWS: the location of the model's files. "
        "Fix: add artifacts: s3://<bucket>/<prefix>/."
    )


def test_a_workload_may_be_the_path_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "chat.yaml"
    file.write_text(yaml.safe_dump(CHAT))
    read = plan_of(EndpointArgs(workload_file=str(file), artifacts=ARTIFACTS), Only("inf2.xlarge"))
    assert read.decision.workload == planned("inf2.xlarge", CHAT).decision.workload
    file.write_text(yaml.safe_dump({**CHAT, "trafic": {}}))
    with pytest.raises(InputError, match=r"chat\.yaml: trafic"):
        plan_of(EndpointArgs(workload_file=str(file), artifacts=ARTIFACTS), Only("inf2.xlarge"))
