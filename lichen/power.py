"""What share of its rated watts a chip draws, from how busy its memory and its arithmetic are.

The only place with the formula: benchmark answers, the machines' watts and placements all ask
here. Its coefficients are the row of powers.csv that ``make fit`` writes; docs/data.md argues it.
"""

from __future__ import annotations

from lichen.catalogue.schema import PowerModel

ROOT = 0.25
"""Draw rises steeply as a chip begins to work, and flattens: of the shapes tried, the fourth root
predicts the watts of publishers that the fit has not seen best (docs/accuracy.md)."""


def share_of_rated(power: PowerModel, move: float, compute: float) -> float:
    """Watts over rated watts while a chip works, at most 1.

    ``move`` and ``compute`` are the shares of the time that memory and arithmetic would need at
    their peaks.
    """
    use = max(0.0, move + power.compute_weight * compute)
    return min(1.0, power.idle_share + power.busy_share * float(use**ROOT))


def half_share(power: PowerModel) -> float:
    """The same at half the work of a full chip that never rests: small batches, all the time."""
    return power.idle_share + float(0.5**ROOT) * (power.full_share - power.idle_share)
