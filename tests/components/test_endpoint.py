import json
import re

import msgspec
import pytest
from lichen_components.arm import GravitonEndpoint
from lichen_components.asked import EndpointArgs
from lichen_components.endpoint import (
    chip_family,
    component_of,
    plan_of,
    receipt,
)
from lichen_components.gpu import GpuEndpoint
from lichen_components.inferentia import InferentiaEndpoint
from lichen_components.refusal import refused_cleanly
from lichen_components.sagemaker import SagemakerEndpoint
from pulumi import RunError

from lichen.catalogue import load
from lichen.document import InputError
from lichen.placing.choose import place
from lichen.placing.question import Question
from lichen.workload import as_workload
from tests.components.narrowed import ARTIFACTS, CHAT, VECTORS, Only, planned


def test_the_table_gives_each_kind_its_component():
    assert component_of(planned("inf2.xlarge", CHAT)) is InferentiaEndpoint
    assert component_of(planned("c7g.xlarge", VECTORS)) is GravitonEndpoint
    assert component_of(planned("g6.xlarge", CHAT)) is GpuEndpoint


def test_an_older_chip_of_the_same_maker_is_not_taken_for_a_newer():
    arguments = EndpointArgs(workload={**VECTORS, "where": CHAT["where"]}, artifacts=ARTIFACTS)
    with pytest.raises(
        InputError,
        match=r"inf1\.xlarge in \S+ would serve it, but no component makes Inferentia1 on sagemaker yet",
    ):
        plan_of(arguments, Only("inf1.xlarge"))


def test_where_no_component_makes_any_it_is_said_what_there_is():
    anywhere = {**CHAT, "where": {"clouds": ["google"]}}
    arguments = EndpointArgs(workload=anywhere, artifacts=ARTIFACTS)
    with pytest.raises(InputError, match="no component makes L4 on compute yet") as refused:
        plan_of(arguments, Only("g2-standard-4"))
    assert "widen where" in refused.value.fix
    assert "AWS Inferentia2 on sagemaker, AWS Graviton on sagemaker" in refused.value.fix


def test_what_no_component_makes_never_wins():
    """The cheaper and cleaner machine is another cloud's: the best that can be made is taken."""
    anywhere = {**CHAT, "environment": "dev", "where": {}}
    both = Only("g2-standard-4", "g6.48xlarge")
    workload = as_workload(anywhere)
    unrestricted = place(msgspec.structs.replace(Question.of(workload, catalogue=both), makes=None))
    assert unrestricted.chosen.machine == "g2-standard-4"
    placement = plan_of(EndpointArgs(workload=anywhere, artifacts=ARTIFACTS), both).placement
    assert placement.chosen.machine == "g6.48xlarge"
    assert re.fullmatch(
        r"g2-standard-4 in \S+ at bf16 would emit \d+ % less, "
        "but no component makes L4 on compute yet",
        placement.because[-1],
    )
    assert receipt(placement)["rejected"]["component"] > 0


def test_a_user_who_names_nothing_gets_what_a_component_makes():
    anywhere = {**CHAT, "where": {}, "precisions": ["int8", "bf16"]}
    plan = plan_of(EndpointArgs(workload=anywhere, artifacts=ARTIFACTS), load())
    assert issubclass(component_of(plan), SagemakerEndpoint)


def test_a_precision_that_the_images_do_not_serve_gives_way_to_one_that_they_do():
    plan = planned("inf2.xlarge", {**CHAT, "precisions": ["int8", "bf16"]})
    assert plan.placement.chosen.precision == "bf16"


def test_a_kind_of_model_without_an_image_is_made_with_the_users():
    asked = EndpointArgs(
        workload={**VECTORS, "where": CHAT["where"], "precisions": ["bf16"]}, artifacts=ARTIFACTS
    )
    with pytest.raises(InputError, match="no published image serves models of kind encoder on L4"):
        plan_of(asked, Only("g6.xlarge"))
    own = EndpointArgs(**asked, image="111122223333.dkr.ecr.{region}.amazonaws.com/serve:1")
    assert plan_of(own, Only("g6.xlarge")).placement.chosen.machine == "g6.xlarge"


@pytest.mark.parametrize("mode", ["batch", "serverless"])
def test_a_mode_that_no_endpoint_has_is_refused_whatever_the_machine(mode):
    arguments = EndpointArgs(workload={**CHAT, "mode": mode}, artifacts=ARTIFACTS)
    with pytest.raises(InputError, match=f"no component makes a {mode} endpoint") as refused:
        plan_of(arguments, Only())
    assert refused.value.field == "workload.mode"


def test_the_mend_of_a_real_time_endpoint_at_zero_can_be_followed():
    asleep = {**CHAT, "environment": "dev", "availability": {"minimum_replicas": 0}}
    with pytest.raises(InputError) as refused:
        planned("inf2.xlarge", asleep)
    assert "availability: {minimum_replicas: 1}, or mode: asynchronous" in refused.value.fix
    planned("inf2.xlarge", {**asleep, "availability": {"minimum_replicas": 1}})
    planned("inf2.xlarge", {**asleep, "mode": "asynchronous"}, results="s3://answers/chat/")


def test_a_machine_without_accelerator_is_of_its_cpus_family():
    catalogue = load()
    assert chip_family(catalogue.machine("c8g.large")) == "AWS Graviton"
    assert chip_family(catalogue.machine("inf2.xlarge")) == "AWS Inferentia2"
    assert chip_family(catalogue.machine("c5.large")).startswith("Intel")


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"model": "meta-llama/Lama-3.1-8B"}, "workload.model", "Llama-3.1-8B"),
        ({"trafic": {}}, "workload.trafic", "traffic"),
        ({"where": {"regions": ["eu-nort-1"]}}, "workload.where.regions[0]", "eu-north-1"),
    ],
)
def test_a_mistake_is_answered_with_its_field_and_the_nearest_word(wrong, field, said):
    arguments = EndpointArgs(workload={**CHAT, **wrong}, artifacts=ARTIFACTS)
    with pytest.raises(InputError) as refused:
        plan_of(arguments, load())
    assert refused.value.field == field
    assert said in refused.value.fix


def test_an_objective_is_one_of_three():
    arguments = EndpointArgs(workload=CHAT, artifacts=ARTIFACTS, objective="carbn")
    with pytest.raises(InputError, match="did you mean 'carbon'"):
        plan_of(arguments, load())


def test_nothing_fits_names_the_nearest_misses():
    impossible = {**CHAT, "latency": {"time_per_output_token_ms": 0.01}}
    arguments = EndpointArgs(workload=impossible, artifacts=ARTIFACTS)
    with pytest.raises(InputError, match=r"nothing can serve it.*inf2\.xlarge"):
        plan_of(arguments, Only("inf2.xlarge"))


def test_the_receipt_is_plain_values_and_counts_the_losers():
    plan = planned("inf2.xlarge", CHAT)
    told = json.loads(json.dumps(receipt(plan.placement)))
    assert told["chosen"]["machine"] == "inf2.xlarge"
    assert told["sizing"]["compiled_batch"] == plan.placement.sizing.compiled_batch
    assert sum(told["rejected"].values()) == len(plan.placement.rejected)
    assert told["because"]


def test_the_passport_is_on_the_tags():
    tags = planned("inf2.xlarge", CHAT).tags
    assert tags["lichen:model"] == "meta-llama/Llama-3.1-8B"
    assert tags["lichen:environment"] == "prod"


def test_a_refusal_ends_a_program_with_its_sentence():
    with pytest.raises(RunError) as refused, refused_cleanly():
        raise InputError("is wrong", fix="mend it", field="workload.model")
    assert str(refused.value) == "workload.model: is wrong. Fix: mend it."


def test_whole_numbers_that_came_as_floats_are_whole():
    traffic = {"peak_rps": 0.2, "input_tokens": 600.0, "output_tokens": 200.0}
    arguments = EndpointArgs(workload={**CHAT, "traffic": traffic}, artifacts=ARTIFACTS)
    workload = plan_of(arguments, Only("inf2.xlarge")).workload
    assert workload.traffic.input_tokens == 600
    assert workload.traffic.peak_rps == 0.2
