"""Zero is promised only where something wakes what sleeps; each promise names the test of it.

That the named function exists is all that is asked here. What the tests wake, and what they do not:

- SageMaker's copies, real-time and asynchronous: the alarm has the fields that would wake them, and
  the test puts it into the state that a request would; no request of the test does that itself.
- Batch, serverless, Lambda and Cloud Run: a request or a run of the test starts what answers it,
  in the emulated cloud alone.
- gke, gke-tpu, eks and kubernetes share one test, on a plain cluster with a real control plane.
  KEDA does not run: the test sets the number of pods as its ScaledObject says. No test makes a node
  of a pool that has none, on GKE or EKS, and none runs KServe's Knative.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lichen.catalogue import load
from lichen.catalogue.schema import Made
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement
from lichen.placing.question import Question
from lichen.workload import as_workload
from tests.components.narrowed import Only
from tests.placing.test_receipts_add_up import CASES

TESTS = Path(__file__).parents[1]
POD = (
    "stacks/test_kubernetes_life.py",
    "test_pods_at_zero_wake_by_a_signal_from_outside",
)
WOKEN: dict[tuple[str, str], tuple[str, str]] = {
    ("sagemaker", "real-time"): (
        "stacks/test_to_zero.py",
        "test_it_comes_up_sleeps_is_woken_by_one_request_changes_and_goes",
    ),
    ("sagemaker", "asynchronous"): (
        "stacks/test_asynchronous.py",
        "test_it_comes_up_sleeps_is_woken_changes_and_goes",
    ),
    # A job, a copy, a function: each request or run starts its own, and none is kept.
    ("sagemaker-batch", "batch"): (
        "stacks/test_batch.py",
        "test_it_comes_up_runs_changes_and_goes",
    ),
    ("sagemaker-serverless", "serverless"): (
        "stacks/test_serverless.py",
        "test_it_comes_up_is_woken_by_a_request_changes_and_goes",
    ),
    ("lambda", "real-time"): (
        "stacks/test_lives.py",
        "test_a_life",
    ),
    ("cloud-run", "real-time"): ("sandbox/test_google.py", "test_what_wakes_and_what_does_not"),
    ("cloud-run-gpu", "real-time"): ("stacks/test_google.py", "test_one_model_on_four_hostings"),
    ("gke", "real-time"): POD,
    ("gke-tpu", "real-time"): POD,
    ("eks", "real-time"): POD,
    ("kubernetes", "real-time"): POD,
}
"""A hosting and a way of serving that goes to zero -> the test of what wakes it."""
NEVER = ("ec2", "ecs", "ecs-fargate", "compute-engine", "tpu-vm", "vertex")


def test_every_promise_of_zero_has_its_test() -> None:
    promised = {
        (row.hosting, mode)
        for row in load().table("makes", Made)
        for mode in row.modes_to_zero
        if row.server is not None
    }
    assert promised == set(WOKEN)
    for file, name in WOKEN.values():
        assert f"def {name}(" in (TESTS / file).read_text(encoding="utf-8")


def test_a_hosting_that_never_wakes_promises_nothing() -> None:
    hostings = load().hostings
    for row in load().table("makes", Made):
        if hostings[row.hosting].reaches_zero == "no":
            assert row.modes_to_zero == ()


@pytest.mark.parametrize("hosting", NEVER)
def test_zero_is_refused_where_nothing_wakes_it(hosting: str) -> None:
    machine, workload, region = CASES[hosting]
    asleep: dict[str, Any] = {
        **workload,
        "environment": "staging",
        "availability": {"minimum_replicas": 0},
        "where": {"hosting": [hosting], "regions": [region]},
    }
    answer = place(Question.of(as_workload(asleep), catalogue=Only(machine)), runners_up=0)
    assert isinstance(answer, NoPlacement)
    assert answer.nearest[0].reason.startswith("no request wakes ")
