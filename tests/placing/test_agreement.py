"""One workload file, one placement: the command, the component and the refresh give the same."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from lichen_components.args import EndpointArgs
from lichen_components.endpoint import plan_of
from lichen_doors.command.place import placed

from lichen.catalogue import DIRECTORY, Catalogue, load
from lichen.catalogue.schema import Machine
from lichen.document import InputError
from lichen.placing import question
from lichen.placing.placement import NoPlacement, Placement
from lichen.workload import read_workload
from refresh.apply import placement_of

STACKS = sorted((Path(__file__).parents[2] / "stacks" / "workloads").glob("*.yaml"))
GENERATED = 200
MODELS = (
    ("meta-llama/Llama-3.1-8B", "llm"),
    ("BAAI/bge-small-en-v1.5", "encoder"),
    ("BAAI/bge-reranker-base", "reranker"),
)


class OneOfEach(Catalogue):
    """The installed catalogue, of its machines the two smallest of each family and cloud."""

    @cached_property
    def machines(self) -> Mapping[str, Machine]:
        installed = super().machines
        kept: dict[tuple[str, str | None], list[Machine]] = {}
        for machine in sorted(installed.values(), key=lambda machine: machine.vcpu):
            chip = self.chips.get(machine.accelerator or machine.cpu or "")
            if chip is not None and self.offers_of(machine.name):
                kept.setdefault((machine.cloud, chip.family), []).append(machine)
        return {machine.name: machine for group in kept.values() for machine in group[:2]}


@pytest.fixture
def few() -> Iterator[Catalogue]:
    """The small catalogue, in place of the installed one."""
    catalogue = OneOfEach(DIRECTORY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lichen.catalogue.load", lambda overlay=None: catalogue)
        patch.setattr(question, "load", lambda overlay=None: catalogue)
        yield catalogue


def endpoint_of(path: Path) -> Placement | InputError:
    args = EndpointArgs(workload_file=str(path))
    workload = path.read_text(encoding="utf-8")
    is_archive = re.search("^mode: (batch|serverless)", workload, re.MULTILINE)
    archive = "model.tar.gz" if is_archive else ""
    args["aws"] = {
        "artifacts": f"s3://models/it/{archive}",
        "requests": "s3://requests/it/",
        "results": "s3://results/it/",
        "topics": ["alarm"],
    }
    if "serverless" not in workload:  # that has no network of the user's
        args["aws"] |= {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"]}
    if "lambda" in workload:  # no image of AWS's runs there
        args["aws"]["image"] = "111122223333.dkr.ecr.{region}.amazonaws.com/vectors:1"
        args["aws"]["image_architecture"] = "arm64"
    args["google"] = {
        "artifacts": "gs://models/it/",
        "network": "projects/acme/global/networks/it",
        "subnetwork": "it",
        "proxy_ranges": ["10.129.0.0/23"],
    }
    try:
        return plan_of(args).decision.placement
    except InputError as error:
        return error


def agreed(path: Path, catalogue: Catalogue) -> Placement | NoPlacement:
    """The answer of all three; where the component refuses, the others say that it would."""
    typed = placed(read_workload(path), path)
    assert placement_of(path, catalogue) == typed
    made = endpoint_of(path)
    if isinstance(made, Placement):
        # An image of the user's own lets a component make more: other offers lose.
        assert made == typed or ("lambda" in path.read_text() and made.chosen == typed.chosen)
        assert made.chosen.unmade is None
    elif isinstance(typed, Placement):
        assert typed.chosen.unmade, f"{path.read_text()}: {made}"
    else:
        # What no component makes is refused before anything is placed.
        assert made.wrong == "no offer can serve it" or made.wrong.startswith("no component makes")
    return typed


@pytest.mark.parametrize("path", STACKS, ids=[path.stem for path in STACKS])
def test_every_stack_is_placed_alike(path: Path) -> None:
    answer = agreed(path, load())
    assert isinstance(answer, Placement)
    assert answer.chosen.unmade is None


def generated(seed: int) -> dict[str, Any]:
    """A workload over models, precisions, traffic, where, environment and mode."""
    draw = random.Random(seed)
    model, kind = draw.choice(MODELS)
    peak_rps = draw.choice([0.1, 1, 4, 30])
    traffic: dict[str, Any] = {"peak_rps": peak_rps, "mean_rps": peak_rps / draw.choice([1, 4])}
    traffic["input_tokens"] = draw.choice([64, 300, 500])
    if kind == "llm":
        traffic["output_tokens"] = draw.choice([20, 200])
    where: dict[str, Any] = {}
    if draw.random() < 0.3:
        where["clouds"] = draw.sample(["aws", "google", "azure"], draw.randint(1, 2))
    if draw.random() < 0.3:
        where["hosting"] = draw.choice([["sagemaker"], ["compute"], ["sagemaker", "compute"]])
    if draw.random() < 0.3:
        where["residency"] = draw.choice(["EU", "US"])
    latency: dict[str, Any] = {}
    if draw.random() < 0.7:
        latency["p95_ms"] = draw.choice([2, 500, 20_000])
    workload: dict[str, Any] = {
        "name": "generated",
        "model": model,
        "precisions": draw.sample(["bf16", "int8", "fp16", "fp32"], draw.randint(1, 3)),
        "traffic": traffic,
        "latency": latency,
        "where": where,
        "environment": draw.choice(["dev", "staging", "prod"]),
        "mode": draw.choice(["real-time", "real-time", "real-time", "asynchronous", "batch"]),
    }
    if draw.random() < 0.2:
        # Production at zero is refused: see below.
        least = 2 if workload.get("environment") == "prod" else draw.choice([0, 2])
        workload["availability"] = {"minimum_replicas": least}
    return workload


def test_200_generated_workloads_are_placed_alike(few: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "workload.yaml"
    answers: list[Placement | NoPlacement] = []
    for seed in range(GENERATED):
        path.write_text(yaml.safe_dump(generated(seed)), encoding="utf-8")
        answers.append(agreed(path, few))
    placements = [answer for answer in answers if isinstance(answer, Placement)]
    made = [answer for answer in placements if answer.chosen.unmade is None]
    # The comparison says something only where each of the three answers is given often.
    assert len(made) > GENERATED / 4
    assert len(placements) - len(made) > GENERATED / 20
    assert len(answers) - len(placements) > GENERATED / 20


def test_the_better_one_that_cannot_be_made_is_named_by_both(tmp_path: Path) -> None:
    path = tmp_path / "workload.yaml"
    workload = yaml.safe_load(STACKS[0].read_text(encoding="utf-8"))
    del workload["where"], workload["evidence"]
    path.write_text(yaml.safe_dump({**workload, "precisions": ["fp8", "bf16"]}), encoding="utf-8")
    answer = agreed(path, load())
    assert isinstance(answer, Placement)
    assert answer.chosen.hosting == "sagemaker"
    free = placed(read_workload(path), path, take_any=True)
    assert isinstance(free, Placement)
    best = free.chosen
    assert re.fullmatch(
        rf"{re.escape(best.machine)} in {best.region} at {best.precision} would "
        r"(emit \d+ % less|cost \d+ % less and emit .+ the chosen placement), "
        r"but (no component makes \S+ on .+ yet|a component makes it on .+ only where .+)",
        answer.because[-1],
    )


def test_the_rows_of_an_organisation_count_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "regions.csv").write_text(
        "name,pue,pue_year,pue_scope,pue_source\neu-north-1,3.5,2026,region,acme-meters\n"
    )
    (tmp_path / "own" / "sources.toml").write_text(
        '[acme-meters]\ntitle = "Meters"\npublisher = "Acme"\nwhere = "meters"\n'
        'version = "1"\nfetched = "2026-11-01"\nlicence = "own"\nused_for = "PUE"\n'
    )
    (tmp_path / "lichen.yaml").write_text("catalogue: own\n")
    path = tmp_path / "chat.yaml"
    chat = next(each for each in STACKS if each.stem == "chat")
    own = yaml.safe_load(chat.read_text(encoding="utf-8")) | {"evidence": []}
    path.write_text(yaml.safe_dump(own), encoding="utf-8")
    answer = agreed(path, load(overlay=tmp_path / "own"))
    assert isinstance(answer, Placement)
    assert answer.chosen.region != "eu-north-1" or any("your own" in note for note in answer.notes)
    assert question.catalogue_near(path) is load(overlay=tmp_path / "own")
    monkeypatch.chdir(tmp_path)  # a program that holds the workload itself
    mapping = EndpointArgs(workload=yaml.safe_load(path.read_text()), artifacts="s3://models/it/")
    assert plan_of(mapping).decision.placement == answer


def test_a_catalogue_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lichen.yaml").write_text("catalogue: [own]\n")
    with pytest.raises(InputError) as refused:
        question.catalogue_near(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path / 'lichen.yaml'}: catalogue: is not a directory. "
        "Fix: name the directory of your own rows."
    )


def test_production_at_zero_is_refused_by_all(tmp_path: Path, few: Catalogue) -> None:
    path = tmp_path / "workload.yaml"
    workload = {**generated(0), "environment": "prod", "availability": {"minimum_replicas": 0}}
    path.write_text(yaml.safe_dump(workload), encoding="utf-8")
    refused = endpoint_of(path)
    assert isinstance(refused, InputError)
    assert refused.wrong.startswith("production at zero replicas")
    with pytest.raises(InputError, match="production at zero replicas"):
        placed(read_workload(path), path)
