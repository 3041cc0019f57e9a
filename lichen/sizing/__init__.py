"""Sizing: a workload on a machine. Does it fit, how fast, how many; each with an 80 % interval.

A name is imported from its module when it is first asked for: most of those who look at an answer
size nothing, and their start is short.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lichen.sizing.answers import (
        Basis,
        Misfit,
        Origin,
        Prediction,
        ReplicasAtLoad,
        Sizing,
        Step,
    )
    from lichen.sizing.layout import (
        Layout,
        lay_out,
        lay_out_as_usual,
        precisions_to_try,
        without_rates,
    )
    from lichen.sizing.prediction import predict
    from lichen.sizing.receipt import explain_prediction
    from lichen.sizing.savings import Saving

__all__ = [
    "Basis",
    "Layout",
    "Misfit",
    "Origin",
    "Prediction",
    "ReplicasAtLoad",
    "Saving",
    "Sizing",
    "Step",
    "explain_prediction",
    "lay_out",
    "lay_out_as_usual",
    "precisions_to_try",
    "predict",
    "without_rates",
]

_MODULES = {
    "Layout": "layout",
    "Saving": "savings",
    "explain_prediction": "receipt",
    "lay_out": "layout",
    "lay_out_as_usual": "layout",
    "precisions_to_try": "layout",
    "predict": "prediction",
    "without_rates": "layout",
}
"""The modules of names that are not in ``answers``."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_MODULES.get(name, 'answers')}")
    found = globals()[name] = getattr(module, name)
    return found
