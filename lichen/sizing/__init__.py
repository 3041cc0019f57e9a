"""Sizing: a workload on a machine. Does it fit, how fast, how many; each with an 80 % interval."""

from lichen.sizing.answers import Basis, Misfit, Origin, Prediction, ReplicasAtLoad, Sizing, Step
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
