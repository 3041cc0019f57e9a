import json

import pytest
from lichen_components.arm import GravitonEndpoint
from lichen_components.asked import EndpointArgs
from lichen_components.endpoint import chip_family, plan_of, realiser_of, receipt
from lichen_components.gpu import GpuEndpoint
from lichen_components.inferentia import InferentiaEndpoint
from lichen_components.refusal import refused_cleanly
from pulumi import RunError

from lichen.catalogue import load
from lichen.document import InputError
from tests.components.narrowed import ARTIFACTS, CHAT, VECTORS, Only, planned


def test_the_table_gives_each_kind_its_component():
    assert realiser_of(planned("inf2.xlarge", CHAT)) is InferentiaEndpoint
    assert realiser_of(planned("c7g.xlarge", VECTORS)) is GravitonEndpoint
    assert realiser_of(planned("g6.xlarge", CHAT)) is GpuEndpoint


def test_an_older_chip_of_the_same_maker_is_not_taken_for_a_newer():
    with pytest.raises(InputError, match=r"inf1\.xlarge .*\(AWS Inferentia, sagemaker\)"):
        realiser_of(planned("inf1.xlarge", {**VECTORS, "where": CHAT["where"]}))


def test_a_placement_that_nothing_realises_is_refused_with_what_there_is():
    anywhere = {**CHAT, "where": {"clouds": ["google"]}}
    plan = planned("g2-standard-4", {**anywhere, "precisions": ["int8"]})
    with pytest.raises(InputError) as refused:
        realiser_of(plan)
    assert "g2-standard-4" in str(refused.value)
    assert "AWS Inferentia2 on sagemaker, AWS Graviton on sagemaker" in refused.value.wrong
    assert refused.value.fix == "where: {clouds: [aws], hosting: [sagemaker]}"


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
