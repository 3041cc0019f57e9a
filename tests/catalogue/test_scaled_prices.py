"""A price scaled from the family's xlarge size is that price times the vCPU, and nothing else."""

import pytest

from lichen.catalogue import load
from lichen.catalogue.schema import Egress, EgressWaiver


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


@pytest.mark.parametrize(
    ("machine", "region", "usd_hour", "basis"),
    [
        ("cloudrun-cpu.2x8", "europe-west4", 2 * 0.0864 + 8 * 0.009, "published"),
        ("cloudrun-cpu.2x8", "europe-west3", 2 * 0.12096 + 8 * 0.0126, "assumed"),
        ("cloudrun-gpu-l4", "europe-west4", 4 * 0.0648 + 16 * 0.0072 + 0.67212, "assumed"),
        ("cloudrun-gpu-rtx-pro-6000", "us-central1", 20 * 0.0648 + 80 * 0.0072 + 3600 * 0.00036522,
         "published"),
    ],
)  # fmt: skip
def test_what_is_bought_by_size_costs_its_parts(
    machine: str, region: str, usd_hour: float, basis: str
) -> None:
    catalogue = load()
    (hosting,) = catalogue.machine(machine).hostings
    price = catalogue.price(machine, region, hosting)
    assert price is not None
    assert (price.usd_hour, price.basis) == (pytest.approx(usd_hour), basis)


def test_a_chip_has_no_price_where_it_has_no_rate() -> None:
    """A region with a rate for one kind of accelerator says nothing of another."""
    catalogue = load()
    assert catalogue.price("cloudrun-gpu-l4", "europe-west1", "cloud-run-gpu") is not None
    assert catalogue.price("cloudrun-gpu-rtx-pro-6000", "europe-west1", "cloud-run-gpu") is None


def test_tiers_of_data_that_leaves_a_cloud_get_no_dearer() -> None:
    tiers: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in load().table("egress", Egress):
        tiers.setdefault((row.cloud, row.to), []).append((row.above_gb, row.usd_gb))
    for rows in tiers.values():
        assert rows[0][0] == 0
        assert rows == sorted(rows)
        paid = [usd for _, usd in rows if usd]
        assert paid == sorted(paid, reverse=True)
    assert {cloud for cloud, _ in tiers} == {"aws", "google"}
    assert all(row.since >= "2024" for row in load().table("egress_waivers", EgressWaiver))
