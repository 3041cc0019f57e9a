"""What share of its rated watts a chip draws, from how busy its memory and its arithmetic are.

The only place with the formula: benchmark answers, the machines' watts and placements all ask
here. Its coefficients are the row of powers.csv that ``make fit`` writes; docs/data.md argues it.
"""

from __future__ import annotations

import math

from lichen.catalogue.schema import PowerModel


def share_of_rated(power: PowerModel, move: float, compute: float) -> float:
    """Watts over rated watts while a chip works: its share at rest, and towards 1 by its work.

    ``move`` and ``compute`` are the shares of the time that memory and arithmetic would need at
    their peaks. The draw rises steeply as a chip begins to work, and then flattens: of the shapes
    tried, this one predicts best the watts of publishers that the fit has not seen.
    """
    work = power.move_weight * math.sqrt(move) + power.compute_weight * math.sqrt(compute)
    return 1.0 - (1.0 - power.idle_share) * math.exp(-work)


def half_share(power: PowerModel) -> float:
    """The same at half the work of a full chip that never rests: small batches, all the time."""
    left = (1.0 - power.full_share) / (1.0 - power.idle_share)
    return 1.0 - (1.0 - power.idle_share) * float(left ** math.sqrt(0.5))
