"""Containers that serve models: their image, their settings, what they ask for."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.image import repository_of
from lichen_policies.facts.unknown import Maybe, is_unknown


class Software(Fact, frozen=True, kw_only=True):
    """What names software that its maker may stop maintaining."""


class StartedImage(Fact, frozen=True, kw_only=True):
    """The image of a container that serves a model; of one whose settings no rule judges, all that
    is read.

    ``architecture`` is the processor that its resource states, ``architecture_by_family`` says that
    it does so by naming families of machines. ``machine`` is what runs it.
    """

    image: str | None = None
    image_at: str = ""
    architecture: str | None = None
    architecture_at: str = ""
    architecture_by_family: bool = False
    machine: str | None = None
    machine_at: str = ""


class ServingContainer(StartedImage, Software, frozen=True, kw_only=True):
    """One container that serves a model.

    ``names`` are what others call its resource by: a SageMaker model's name. ``settings`` are its
    environment variables and ``arguments`` its command line; a setting may be unknown by itself.
    ``model`` is the model that the resource gives to it, as it is addressed (``hf://...``).
    ``starts_otherwise`` says that the command line replaces what the image starts by itself.
    ``extended`` says that another resource adds to both: what is not there may come from it.
    ``chips`` is how many accelerators it asks for, ``chip`` of which kind; ``shared`` says that
    each is a part of one. ``machine_named_in`` and ``chips_named_in`` are the addresses of other
    resources that name these. ``chips_written`` is what goes before their number at ``chips_at``.
    ``set_by`` are settings that a ConfigMap has: the setting, the ConfigMap's name and the key in
    it; without a setting all that it has. ``secrets`` are the names of Secrets of which it takes
    all settings, which no document shows. ``generates`` is False of one that its resource says
    makes no text, such as embeddings. ``packaged`` says that the model comes as a package of
    the vendor, which runs nowhere else. ``at_once`` is how many requests its platform gives to it
    at a time; 0 is any number.
    """

    names: tuple[str, ...] = ()
    settings: dict[str, object] | None = None
    settings_at: str = ""
    arguments: tuple[str, ...] | None = None
    arguments_at: str = ""
    model: str | None = None
    model_at: str = ""
    starts_otherwise: bool = False
    extended: bool = False
    chip: str | None = None
    chips: float | None = None
    chips_at: str = ""
    chips_named_in: str = ""
    chips_written: str = ""
    shared: bool = False
    hosting: str | None = None
    machine_named_in: str = ""
    set_by: tuple[tuple[str, str, str], ...] = ()
    secrets: tuple[str, ...] = ()
    generates: bool | None = None
    packaged: bool | None = None
    packaged_at: str = ""
    at_once: int | None = None
    at_once_at: str = ""

    @property
    def repository(self) -> str | None:
        """The last part of the image's path, which may be known where its registry or its tag is
        not."""
        image: Maybe[str] = self.as_read("image")  # type: ignore[assignment]
        found = repository_of(image)
        return self.image if is_unknown(found) else found


class ConfigValues(Fact, frozen=True, kw_only=True):
    """What a ConfigMap has, by key; ``names`` is what others call it by."""

    names: tuple[str, ...] = ()
    values: dict[str, object] | None = None


class KeptImages(Fact, frozen=True, kw_only=True):
    """A repository of container images. ``expire`` says that old ones are deleted by a rule;
    ``serves`` that containers of this stack which serve models are started from it. ``to_expire``
    is what to add for that, in words."""

    names: tuple[str, ...] = ()
    expire: bool | None = None
    serves: bool | None = None
    to_expire: str = "add a lifecycle policy that keeps the newest ten"


class KeptLogs(Fact, frozen=True, kw_only=True):
    """A group of logs of an endpoint; ``days`` is how long they are kept, None for ever."""

    days: int | None = None
    days_at: str = ""
    allowed_days: tuple[int, ...] = ()


class KeptRequests(Fact, frozen=True, kw_only=True):
    """A copy of an endpoint's requests and answers; ``percent`` is the share that is kept."""

    percent: float | None = None
    percent_at: str = ""


class ImagePolicy(Fact, frozen=True, kw_only=True):
    """That old images of a repository are deleted; ``repository`` is its name."""

    repository: str | None = None


class ChosenProcessor(Fact, frozen=True, kw_only=True):
    """The processor on which all containers of a resource run.

    ``architecture`` is the catalogue's word; None where the resource leaves the choice to its
    cluster. ``by_default`` says that it is not written, but what holds then. ``arm`` is the value
    at ``architecture_at`` that asks for Arm. ``accelerated`` says that they ask for accelerators,
    ``serves`` that they plainly serve a model. ``less`` says what Arm saves, with its source.
    """

    architecture: str | None = None
    architecture_at: str = ""
    by_default: bool = False
    arm: str = ""
    accelerated: bool = False
    serves: bool = False
    less: str = ""
