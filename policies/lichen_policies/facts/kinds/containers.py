"""Containers that serve models: their image, their settings, what they ask for."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact


class ServingContainer(Fact, frozen=True, kw_only=True):
    """One container that serves a model.

    ``names`` are what others call its resource by: a SageMaker model's name. ``settings`` are its
    environment variables and ``arguments`` its command line; a setting may be unknown by itself.
    ``architecture`` is the processor that its resource states. ``chips`` is how many accelerators
    it asks for, ``chip`` of which kind.
    """

    names: tuple[str, ...] = ()
    image: str | None = None
    image_at: str = ""
    settings: dict[str, object] | None = None
    settings_at: str = ""
    arguments: tuple[str, ...] | None = None
    arguments_at: str = ""
    architecture: str | None = None
    architecture_at: str = ""
    chip: str | None = None
    chips: float | None = None
    chips_at: str = ""
    hosting: str | None = None
    machine: str | None = None
