"""Sizing: a workload on a machine. Does it fit, how fast, how many; each with an 80 % interval."""

from lichen.sizing.predict import predict
from lichen.sizing.prediction import Basis, Misfit, Prediction, Sizing, Step
from lichen.sizing.replicas import size

__all__ = ["Basis", "Misfit", "Prediction", "Sizing", "Step", "predict", "size"]
