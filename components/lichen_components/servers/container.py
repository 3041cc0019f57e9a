"""What a server is given, and the container that it asks for, on whichever service hosts it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lichen.catalogue.schema import Machine
from lichen.placing.placement import Placement
from lichen.sizing import Sizing
from lichen.words import Precision
from lichen.workload import ModelCard, Workload

MODEL_DIRECTORY = "{model_directory}"
"""A placeholder, in options, for the directory of the model's files: the hosting replaces it."""

OFFLINE: Mapping[str, str] = {"HF_HUB_OFFLINE": "1"}
"""The container has no network: a file that is missing is then said at once, and no download is
tried (huggingface/huggingface_hub, environment variables)."""

DATA_TYPES: Mapping[Precision, str] = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}
"""What vLLM, on NVIDIA and on Neuron, calls the precisions that it computes in."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A workload and where it was placed: all that a server's settings follow from. ``measured``
    is what its benchmark records were measured on, and when."""

    workload: Workload
    card: ModelCard
    machine: Machine
    placement: Placement
    measured: tuple[str, ...] = ()

    @property
    def sizing(self) -> Sizing:
        return self.placement.sizing

    @property
    def precision(self) -> Precision:
        return self.placement.chosen.precision


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a serving program, free of any hosting.

    ``server`` names the program: with chip, kind of model and hosting it finds the image.
    ``options`` are of the program's command line, without dashes; a hosting passes them as
    arguments or as variables. ``environment`` holds on every hosting. ``start_s`` is how many
    seconds the program may take to load the model.
    """

    server: str
    options: Mapping[str, str]
    environment: Mapping[str, str]
    start_s: int
