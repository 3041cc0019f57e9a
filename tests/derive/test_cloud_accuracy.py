"""What docs/accuracy.md says of the runs on cloud machines."""

from __future__ import annotations

from derive.fit.cloud_accuracy import cloud_section
from lichen.catalogue.schema import CloudRunScore


def score(family: str | None, group: str | None, rows: int = 50) -> CloudRunScore:
    return CloudRunScore(
        kind="cpu",
        stack="llama.cpp",
        family=family,
        group=group,
        rows=rows,
        machine_families=7,
        error_pct=17.7,
        within_two_pct=97.6,
        time_low=0.69,
        time_high=1.406,
        without_error_pct=47.6,
        without_within_two_pct=68.0,
        source="somebody",
    )


def test_a_line_has_the_error_with_and_without_the_runs() -> None:
    lines = cloud_section([score(None, None), score(None, "prompt")])
    numbers = "50 | 7 | 18 % | 98 % | 0.69 to 1.41 | 48 % | 68 % |"
    assert f"| llama.cpp on cpu | all | {numbers}" in lines
    assert f"| llama.cpp on cpu | prompt speed | {numbers}" in lines


def test_a_family_of_chips_that_ran_little_has_no_line() -> None:
    text = "\n".join(cloud_section([score("Graviton4", None), score("T4", None, rows=25)]))
    assert "| llama.cpp | Graviton4 |" in text
    assert "T4" not in text
