"""Options that several commands take: what is no number, and what Ctrl-C ends with."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner
from lichen_doors.command import main


@pytest.mark.parametrize(
    "words",
    [
        ("place", "stacks/workloads/chat.yaml", "--confidence"),
        ("place", "stacks/workloads/chat.yaml", "--cost-tolerance"),
        ("place", "stacks/workloads/chat.yaml", "--all-clouds", "--data-gb"),
        ("karpenter", "overlays", "--region", "eu-west-1", "--carbon-price"),
        ("size", "--model", "BAAI/bge-m3", "--machine", "g5.xlarge", "--concurrency"),
        ("watch", "docs/practices/examples/states", "--tolerance"),
        ("train", "docs/practices/examples/retrain.yaml", "--cost-tolerance"),
        ("bench", "http://127.0.0.1:9", "--seconds"),
    ],
    ids=lambda words: f"{words[0]} {words[-1]}",
)
@pytest.mark.parametrize("number", ["nan", "inf"])
def test_what_is_no_number_is_refused(words: tuple[str, ...], number: str) -> None:
    refused = CliRunner().invoke(main, [*words, number])
    assert refused.exit_code == 2, refused.output
    assert words[-1] in refused.output


def test_ctrl_c_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(click.Context, "invoke", interrupted)
    assert CliRunner().invoke(main, ["rules"]).exit_code == 130
