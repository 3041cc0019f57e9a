"""Scores as rows of a table, in Markdown or on the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.corpus.scores import Score, wilson

HEAD = ("rule", "findings", "right", "wrong", "missed", "precision", "recall")


def score_rows(of_rules: Mapping[str, Score], linked: bool = False) -> list[tuple[str, ...]]:
    return [
        score_row(f"[{name}](rules/{name}.md)" if linked else name, score)
        for name, score in of_rules.items()
        if score.findings or score.due
    ]


def score_row(name: str, score: Score) -> tuple[str, ...]:
    """A score below :data:`HEAD`."""
    return (
        name,
        f"{score.findings}",
        f"{score.right}",
        f"{score.wrong}",
        f"{score.missed}",
        share(score.right, score.findings),
        share(score.right, score.due),
    )


def share(right: int, of: int) -> str:
    """``0.98 (0.91 to 1.00)``, and a dash of none."""
    if not of:
        return "-"
    low, high = wilson(right, of)
    return f"{right / of:.2f} ({low:.2f} to {high:.2f})"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table in Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
