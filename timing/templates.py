"""Reading a template in YAML, against PyYAML's own loaders in the same run."""

from __future__ import annotations

from pathlib import Path

import yaml
from lichen_policies.dialects import cloudformation

from timing.measure import Measured, compared

RESOURCES = 1_000
RUNS = 3
"""Few, since what it is compared with takes seconds."""

RESOURCE = """\
  R{number}:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - ModelName: {model}
          InstanceType: ml.g5.12xlarge
          InitialInstanceCount: "4"
          VariantName: all
      Tags:
        - {{Key: "lichen:model", Value: meta-llama/Llama-3.1-8B}}
"""


def write(path: Path, *, alike: bool) -> Path:
    """A template of ten thousand resources, as a file; where they are not alike, each serves a
    model of its own."""
    path.write_text(_template(10 * RESOURCES, alike=alike))
    return path


def _template(resources: int, *, alike: bool) -> str:
    each = (
        RESOURCE.format(number=number, model="model" if alike else f"model-{number}")
        for number in range(resources)
    )
    return f"Resources:\n{''.join(each)}"


def measure() -> list[Measured]:
    """A template of 1,000 resources, against the loader in Python and the one over libyaml."""
    text = _template(RESOURCES, alike=True)
    loaders: dict[str, type] = {"yaml.SafeLoader": yaml.SafeLoader}
    if yaml.__with_libyaml__:
        loaders["yaml.CSafeLoader"] = yaml.CSafeLoader
    return [
        compared(
            f"read {RESOURCES:,} resources in YAML",
            lambda: cloudformation.resources(cloudformation.parsed(text)[0], ""),
            name,
            lambda loader=loader: yaml.load(text, loader),  # type: ignore[misc]
            RUNS,
        )
        for name, loader in loaders.items()
    ]
