"""A price scaled from the family's xlarge size is that price times the vCPU, and nothing else."""

import pytest

from lichen.catalogue import load


def test_scaled_prices_follow_from_the_xlarge_size() -> None:
    catalogue = load()
    scaled = [price for price in catalogue.prices if price.source == "skypilot-scaled"]
    assert len(scaled) > 1000
    for price in scaled:
        machine = catalogue.machine(price.machine)
        reference = catalogue.price(f"{machine.family}.xlarge", price.region, price.hosting)
        assert reference is not None
        assert reference.source == "skypilot"
        assert price.usd_hour == pytest.approx(reference.usd_hour * machine.vcpu / 4, abs=1e-5)
