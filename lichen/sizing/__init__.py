"""Sizing: a workload on a machine. Does it fit, how fast, how many; each with an 80 % interval."""

from lichen.sizing.answers import Basis, Misfit, Prediction, Sizing, Step
from lichen.sizing.layout import predict
from lichen.sizing.receipt import explain, explain_prediction
from lichen.sizing.replicas import evidence_notes, size
from lichen.sizing.savings import Saving, savings

__all__ = [
    "Basis",
    "Misfit",
    "Prediction",
    "Saving",
    "Sizing",
    "Step",
    "evidence_notes",
    "explain",
    "explain_prediction",
    "predict",
    "savings",
    "size",
]
