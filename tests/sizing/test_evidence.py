"""Benchmark records: read strictly, weighed by how sure they are, loud when they contradict."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lichen.document import InputError, json_schema
from lichen.evidence import Record, contradicts, read_record, weigh
from lichen.sizing import Layout, Sizing, lay_out
from lichen.workload import Traffic, Workload
from tests.fixed import fixed

CATALOGUE = fixed()
RECORD: dict[str, Any] = {
    "model": "meta-llama/Llama-3.1-8B",
    "machine": "ml.inf2.xlarge",
    "precision": "bf16",
    "measured_on": "2026-11-01",
    "concurrency": 4,
    "requests": 400,
    "input_tokens": 512,
    "output_tokens": 256,
    "time_per_output_token_ms": 60.0,
}
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "benchmark-record.json"


def record(**changed: object) -> Record:
    return msgspec.convert(RECORD | changed, Record)


def test_a_record_is_read(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(RECORD))
    assert read_record(path) == record()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"precision": "fp12"}, "'fp12' is not a valid value"),
        ({"concurency": 4}, "did you mean 'concurrency'"),
        ({"time_per_output_token_ms": None}, "at least one measured time"),
        ({"requests": 0}, "requests"),
    ],
)
def test_a_bad_record_is_refused(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(RECORD | changed))
    with pytest.raises(InputError, match=message):
        read_record(path)


def test_weights_are_one_over_variance() -> None:
    doubtful = weigh({"time_per_output_token_ms": 30.0}, record(), (0.3, 3.0))
    sure = weigh({"time_per_output_token_ms": 30.0}, record(), (0.95, 1.05))
    assert 1.0 < sure[0] < doubtful[0] < 2.0
    assert doubtful[0] == pytest.approx(2.0, rel=0.03)
    assert doubtful[1][1] < 3.0
    assert weigh({"time_per_output_token_ms": 30.0}, record(requests=1), (0.3, 3.0))[0] < 2.0


def test_a_record_far_outside_contradicts() -> None:
    assert contradicts({"time_per_output_token_ms": 10.0}, record(), (0.5, 2.0))
    assert not contradicts({"time_per_output_token_ms": 40.0}, record(), (0.5, 2.0))


def test_a_closed_loop_rate_is_a_time() -> None:
    rate = record(time_per_output_token_ms=None, requests_per_s=2.0)
    factor, _ = weigh({"request_ms": 1000.0}, rate, (0.2, 5.0))
    assert factor == pytest.approx(2.0, rel=0.05)


def test_size_yields_to_evidence_of_its_own_machine_and_a_little_to_others() -> None:
    workload = Workload(
        name="chat",
        model="any",
        traffic=Traffic(peak_rps=1, input_tokens=512, output_tokens=256),
    )
    card, machine = CATALOGUE.model(RECORD["model"]), CATALOGUE.machine("inf2.xlarge")

    def sized(*evidence: Record) -> Sizing:
        answer = lay_out(workload, card, machine, "bf16", CATALOGUE, evidence)
        assert isinstance(answer, Layout)
        return answer.sizing()

    plain, slow = sized(), sized(record(time_per_output_token_ms=400.0))
    assert slow.rps_per_replica.likely < plain.rps_per_replica.likely / 3

    def width(sizing: Sizing) -> float:
        return math.log(sizing.rps_per_replica.high / sizing.rps_per_replica.low)

    assert width(slow) < width(plain)
    own, other = sized(record()), sized(record(machine="inf2.8xlarge"))
    assert width(own) < width(other) < width(plain), "of another machine, it says less"
    assert sized(record(machine="inf2.8xlarge", time_per_output_token_ms=400.0)) == plain
    assert sized(record(model="another")) == plain
    assert sized(record(precision="int8")) == plain


def test_a_record_is_compared_with_requests_as_long_as_its_own() -> None:
    """Short requests take a shorter time: that makes no machine faster."""
    traffic = Traffic(peak_rps=1, input_tokens=512, output_tokens=256)
    workload = Workload(name="chat", model="any", traffic=traffic)
    card = CATALOGUE.model(RECORD["model"])

    def pace(machine: str, **measured: object) -> float:
        evidence = record(time_per_output_token_ms=None, **measured)
        answer = lay_out(workload, card, CATALOGUE.machine(machine), "bf16", CATALOGUE, (evidence,))
        assert isinstance(answer, Layout)
        return answer.arrangement.pace

    for machine in ("inf2.xlarge", "inf2.8xlarge"):
        long, unsaid = pace(machine, request_ms=20_000.0), {"input_tokens": 0, "output_tokens": 0}
        short = pace(machine, request_ms=5_000.0, input_tokens=128, output_tokens=64)
        assert short == pytest.approx(long, rel=0.1)
        assert pace(machine, request_ms=20_000.0, **unsaid) == pytest.approx(long)


def test_savings_rest_on_the_evidence_that_narrowed_the_placement() -> None:
    workload = Workload(
        name="chat",
        model="any",
        traffic=Traffic(peak_rps=4, input_tokens=512, output_tokens=256),
    )
    card, machine = CATALOGUE.model(RECORD["model"]), CATALOGUE.machine("inf2.xlarge")

    def batch_hours(*evidence: Record) -> float:
        answer = lay_out(workload, card, machine, "bf16", CATALOGUE, evidence)
        assert isinstance(answer, Layout)
        return next(s.replica_hours for s in answer.savings() if s.way == "batch")

    assert batch_hours(record(time_per_output_token_ms=400.0)) > 2 * batch_hours()


def test_the_published_schema_is_the_types() -> None:
    assert json.loads(SCHEMA.read_text()) == json.loads(json.dumps(json_schema(Record)))
