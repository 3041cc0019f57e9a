"""What Bicep's functions read of files beside: ``loadJsonContent('sizes.json', '.prod.gpu')``.

Source: Microsoft Learn, "File functions for Bicep".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lichen.document import InputError
from lichen.parsing.content import content_of, text_of
from lichen.parsing.json_comments import without_comments
from lichen.parsing.json_text import from_json
from lichen_policies.dialects.azure.expressions import at
from lichen_policies.dialects.azure.functions import OPEN


def _of_yaml(text: str) -> Any:
    from lichen.parsing.yaml_text import from_yaml  # few load YAML

    return next(iter(from_yaml(text, typed=False)), None)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "loadJsonContent": lambda text: from_json(without_comments(text)),
    "loadYamlContent": _of_yaml,
    "loadTextContent": lambda text: text,
}


def is_loader(name: str) -> bool:
    """Whether a function reads a file."""
    return name in _READERS


def loaded(name: str, arguments: Sequence[Any], folder: Path) -> Any:
    """What a function gives of a file, or of the part that a path of names leads to; UNKNOWN where
    the file is not here or cannot be read."""
    path, *more = (*arguments, None)
    if not isinstance(path, str) or not (folder / path).is_file():
        return OPEN
    try:
        found = _READERS[name](text_of(content_of(folder / path)))
    except InputError:
        return OPEN
    way = more[0] if isinstance(more[0], str) and name != "loadTextContent" else ""
    for step in way.removeprefix("$").strip(".").split(".") if way else ():
        found = at(found, step)
    return found
