"""A layout: made once for each machine and precision, and asked for all that an answer needs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lichen.placing.choose import place
from lichen.placing.placement import Placement
from lichen.placing.question import Question
from lichen.sizing import layout
from lichen.workload import read_workload
from tests.fixed import fixed

WORKLOADS = Path(__file__).parents[2] / "stacks" / "workloads"


@pytest.mark.parametrize("name", ["chat", "embeddings"])
def test_a_placement_arranges_each_machine_once_for_each_precision(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arranged: Counter[tuple[str, str]] = Counter()
    arrange = layout.arrange

    def counted(card: Any, machine: Any, known: Any, precision: str, *rest: Any) -> Any:
        arranged[machine.name, precision] += 1
        return arrange(card, machine, known, precision, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(layout, "arrange", counted)
    kept = fixed().once(layout._WithoutRates)  # other tests may have asked for the same
    monkeypatch.setattr(kept, "_found", {})
    path = WORKLOADS / f"{name}.yaml"
    answer = place(Question.of(read_workload(path), near=path, catalogue=fixed()))
    assert isinstance(answer, Placement)
    assert answer.steps
    assert answer.savings
    assert arranged[answer.chosen.machine, answer.chosen.precision] == 1
    assert max(arranged.values()) == 1
