"""A price scaled from the family's xlarge size is that price times the vCPU, and nothing else."""

import pytest

from lichen.catalogue import load


def test_scaled_prices_follow_from_the_xlarge_size() -> None:
    catalogue = load()
    scaled = [offer for offer in catalogue.offers if offer.price_source == "skypilot-scaled"]
    assert len(scaled) > 1000
    for offer in scaled:
        machine = catalogue.machine(offer.machine)
        reference = next(
            other
            for other in catalogue.offers_of(f"{machine.family}.xlarge")
            if other.region == offer.region
        )
        assert reference.price_source == "skypilot"
        assert reference.usd_hour is not None
        assert offer.usd_hour == pytest.approx(reference.usd_hour * machine.vcpu / 4, abs=1e-5)
