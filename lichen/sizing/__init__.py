"""Sizing: a workload on a machine. Does it fit, how fast, how many; each with an 80 % interval.

What is named here is imported when it is first asked for: a check of a stack whose tags declare no
workload sizes nothing, and starts without it.
"""

from importlib import import_module
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
    "answers": ("Basis", "Misfit", "Origin", "Prediction", "ReplicasAtLoad", "Sizing", "Step"),
    "layout": ("Layout", "lay_out", "lay_out_as_usual", "precisions_to_try", "without_rates"),
    "prediction": ("predict",),
    "receipt": ("explain_prediction",),
    "savings": ("Saving",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    found: object = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found  # asked once
    return found
