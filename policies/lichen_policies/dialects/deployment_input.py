"""What a deployment gives to a document that leaves it open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path

import msgspec

from lichen.interval import Interval
from lichen.words import Environment
from lichen_policies.facts.unknown import Maybe

Counter = Callable[[Path], Callable[[str], Interval]]
"""From a model's tokenizer.json what counts the tokens of a text."""


class DeploymentInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment gives to its template: by the command line, or by what deploys it.

    ``exact`` refuses a parameter that the template does not declare, as CloudFormation does.
    ``whole`` says that the parameters are all that it gives, so that others have their defaults.
    ``inside`` are the templates that this one is nested in, the outermost first; ``nested`` counts
    those that are read inside of the outermost one.
    ``variables_file`` has the values of Terraform's variables. ``counter`` counts a workload's
    prompts; None where the door has none, so that they are estimated.
    """

    region: Maybe[str] = None
    environment: Environment | None = None
    parameters: Mapping[str, Maybe[str]] = {}
    exact: bool = False
    whole: bool = False
    inside: tuple[str, ...] = ()
    nested: Iterator[int] = msgspec.field(default_factory=count)
    variables_file: Path | None = None
    counter: Counter | None = None
