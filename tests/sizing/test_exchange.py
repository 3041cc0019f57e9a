"""What the chips of a copy send to each other in a layer."""

from __future__ import annotations

import msgspec
import pytest

from lichen.sizing.coefficients import knowledge
from lichen.sizing.formats import Format
from lichen.sizing.hardware import Chips
from lichen.sizing.need import Need, need_of
from lichen.sizing.terms import exchanged_s
from tests.fixed import fixed


def chips(machine: str) -> Chips:
    found = knowledge(fixed()).chips.all_of(fixed().machine(machine))
    assert found is not None
    return found


def need(name: str) -> Need:
    found = need_of(fixed().models[name], Format(16, "bf16"))
    assert isinstance(found, Need)
    return found


LLAMA = need("meta-llama/Llama-3.1-8B")


def test_two_all_reduces_of_a_layer_go_over_every_link() -> None:
    eight = chips("p5.48xlarge")
    each = 2 * (7 / 8) * 2 * 1000 * 4096
    assert eight.link_bytes_s is not None
    assert exchanged_s(LLAMA, eight, 1000) == pytest.approx(32 * 2 * each / eight.link_bytes_s)


def test_one_chip_sends_nothing() -> None:
    assert exchanged_s(LLAMA, chips("p5.48xlarge").times(1 / 8), 1000) == 0.0


def test_a_link_that_nobody_publishes_takes_no_time_that_can_be_said() -> None:
    unknown = msgspec.structs.replace(chips("p5.48xlarge"), link_bytes_s=None)
    assert exchanged_s(LLAMA, unknown, 1000) == 0.0


def test_few_experts_over_many_chips_send_less_than_split_layers() -> None:
    eight = chips("p5.48xlarge")
    split = exchanged_s(LLAMA, eight, 1000)
    routed = msgspec.structs.replace(LLAMA, routed=8.0)
    assert exchanged_s(routed, eight, 1000) == pytest.approx(split / 2)
    many = msgspec.structs.replace(LLAMA, routed=64.0)
    assert exchanged_s(many, eight, 1000) == pytest.approx(split)
