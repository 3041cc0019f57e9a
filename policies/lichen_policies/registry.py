"""The rules folder, read: each file imported, its page parsed, its declaration checked.

A file that is wrong does not take the others with it, and does not go unnoticed: it stays in the
registry as a rule that makes every verdict *unverified* at the level ``mandatory``, with a sentence
that names the file and the fix.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import cast, get_args

import msgspec
from msgspec import NODEFAULT

from lichen.document import InputError, convert, did_you_mean
from lichen.words import Environment
from lichen_policies import timed
from lichen_policies.facts import Fact, Unverified
from lichen_policies.kept import Files, keep, kept
from lichen_policies.levels import LimitValue
from lichen_policies.rule import (
    Declared,
    Finding,
    Known,
    Rule,
    RuleCode,
    Stack,
    Theme,
    Threshold,
)
from lichen_policies.rule_files import FOLDER, rule_files
from lichen_policies.timed import Ended, Steps, TookTooLong
from lichen_policies.verdict import Level, Severity

ENVIRONMENTS: tuple[Environment, ...] = get_args(Environment)

IMPORT_LIMIT_S = 1.0
"""Seconds that a rule's file may take besides the time of the imports themselves."""

_PARTS = ("Why", "Fix", "Exceptions", "Tags")
_PART = rf"(?m)^({'|'.join(_PARTS)}):\s"


class NoLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: this rule has no limits."""


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule of the package by name, in the order of their names; its file is imported when it
    first judges."""
    files = rule_files()
    every = _kept_rules(files)
    if every is None:
        checksum = files.checksum
        every = read_rules(FOLDER)
        _keep_rules(checksum, every)
    return every


def read_rules(*folders: Path) -> Mapping[str, Rule]:
    """Every rule of some folders by name, in the order of their names."""
    return timed.run(_each_read(folders))


def _each_read(folders: Iterable[Path]) -> Steps[Mapping[str, Rule]]:
    found: dict[str, Rule] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            if path.stem == "__init__":
                continue
            name = path.stem.replace("_", "-")
            if name in found:
                found[name] = _unusable(
                    name,
                    InputError(
                        f"two rules are called {name}",
                        fix=f"rename one of the two files called {path.name}",
                        document=str(path),
                    ),
                )
            else:
                found[name] = yield from _read(name, path)
    return dict(sorted(found.items()))


def _read(name: str, path: Path) -> Steps[Rule]:
    answer: list[Rule | Exception] = yield [partial(_rule_in, name, path)], IMPORT_LIMIT_S
    (rule,) = answer
    if isinstance(rule, InputError):
        return _unusable(name, rule.within(path.name))
    if isinstance(rule, Exception):
        wrong = f"failed with {_name_of(rule)} at {timed.place_of(rule)}"
        if isinstance(rule, TookTooLong):
            wrong = str(rule)
        return _unusable(
            name,
            InputError(
                f"importing the rule {wrong}",
                fix="correct the file, or remove it",
                document=path.name,
            ),
        )
    return rule


def _name_of(error: Exception) -> str:
    return str(error) if isinstance(error, Ended) else type(error).__name__


def _rule_in(name: str, path: Path) -> Rule:
    return _rule(name, _imported(path))


def _imported(path: Path) -> ModuleType:
    """A rule's file as a module.

    Its code runs here and not inside of Python's import, so that its own time is known apart from
    the time of what it imports.
    """
    name = f"lichen_policies_rules_of_{abs(hash(path.parent))}_{path.stem}"
    if path.parent == FOLDER:
        name = f"{__package__}.rules.{path.stem}"
        if name in sys.modules:
            return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        raise InputError("it is not a Python file", fix="name it <rule>.py")
    module = importlib.util.module_from_spec(spec)
    code = spec.loader.get_code(name)
    assert code is not None
    sys.modules[name] = module  # msgspec looks up a struct's annotations there
    try:
        exec(code, vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _rule(name: str, module: ModuleType) -> Rule:
    declared = _declared(name.replace("-", "_"), module)
    page = _page(module.__doc__ or "")
    _check_word("severity", declared.severity, get_args(Severity))
    _check_word("theme", declared.theme, get_args(Theme))
    for environment, level in declared.levels.items():
        _check_word(environment, level, get_args(Level))
    judges, code = _code(declared, module)
    return Rule(
        name=name,
        offence=page["Offence"].rstrip("."),
        why=page["Why"],
        fix=page["Fix"],
        exceptions=page["Exceptions"],
        tags=page["Tags"],
        severity=declared.severity,
        levels=declared.levels,
        theme=declared.theme,
        thresholds=tuple(map(_threshold, msgspec.structs.fields(code.limits))),
        limits_by_environment=declared.limits,
        kind=lambda: judges,
        code=lambda: code,
    )


def _code(declared: Declared, module: ModuleType) -> tuple[type[Fact] | type[Stack], RuleCode]:
    """What a rule judges, and what is of its own Python."""
    judges, limits = _annotations(declared, module)
    return judges, RuleCode(
        limits or NoLimits,
        _defaults(declared, limits or NoLimits),
        _uniform(declared.judge, limits is not None),
    )


def _threshold(field: msgspec.structs.FieldInfo) -> Threshold:
    number, *metas = get_args(field.type) or (field.type,)
    least = [meta.ge for meta in metas if meta.ge is not None]
    most = [meta.le for meta in metas if meta.le is not None]
    return Threshold(
        field.name,
        field.default,
        number is int,
        float(least[0]) if least else None,
        float(most[0]) if most else None,
    )


def _declared(name: str, module: ModuleType) -> Declared:
    """The one rule that a file declares, under the file's name."""
    declared = {key: value for key, value in vars(module).items() if isinstance(value, Declared)}
    if not declared:
        raise InputError("no rule is declared here", fix=f"put @rule(...) before def {name}")
    if len(declared) > 1:
        raise InputError(
            f"{len(declared)} rules are declared here: {', '.join(declared)}",
            fix="give each a file of its own",
        )
    ((written, rule),) = declared.items()
    if written != name:
        raise InputError(
            f"the rule is called {written} and its file {name}.py",
            fix=f"call the function {name}",
        )
    return rule


def _page(docstring: str) -> dict[str, str]:
    offence, *rest = re.split(_PART, docstring)
    texts = dict(zip(rest[::2], rest[1::2], strict=True))
    page = {
        part: " ".join(text.replace("``", "`").split())
        for part, text in {"Offence": offence, **texts}.items()
    }
    if not page["Offence"]:
        raise InputError(
            "the page does not say the offence", fix="begin the docstring with it", field="page"
        )
    for part in _PARTS:
        if not page.get(part):
            raise InputError(
                f"the page has no paragraph {part!r}",
                fix=f"add a paragraph to the docstring that begins with {part}:",
                field="page",
            )
    return page


def _check_word(field: str, word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        raise InputError(
            f"{word!r} is not one of its words", fix=did_you_mean(str(word), words), field=field
        )


def _annotations(
    declared: Declared, module: ModuleType
) -> tuple[type[Fact] | type[Stack], type[msgspec.Struct] | None]:
    """What a rule judges, and its limits: the types of its first argument and of its second."""
    if declared.judges is not None:
        return declared.judges, None
    code = declared.judge.__code__
    arguments = code.co_varnames[: code.co_argcount]
    if len(arguments) not in (2, 3):
        raise InputError(
            f"the rule takes {len(arguments)} arguments",
            fix="take a fact, limits where the rule has any, and known: Known",
        )
    judges = _type_of(declared, module, arguments[0])
    if not (isinstance(judges, type) and issubclass(judges, Fact | Stack)):
        raise InputError(
            f"the first argument, {arguments[0]}, is no kind of fact",
            fix="annotate it with a kind of lichen_policies.facts, or with Stack",
        )
    if len(arguments) == 2:
        return judges, None
    limits = _type_of(declared, module, arguments[1])
    if not (isinstance(limits, type) and issubclass(limits, msgspec.Struct)):
        raise InputError(
            f"the second argument, {arguments[1]}, is no struct of limits",
            fix="annotate it with a msgspec.Struct whose fields are the limits",
        )
    return judges, limits


def _type_of(declared: Declared, module: ModuleType, argument: str) -> object:
    written = declared.judge.__annotations__.get(argument)
    if not isinstance(written, str):
        return written
    try:
        # What the rule's author wrote as an annotation, in the names of the author's own file.
        return eval(written, vars(module))
    except Exception:
        raise InputError(
            f"the annotation {written} of {argument} is no name that the file imports",
            fix=f"import {written} at the top, outside TYPE_CHECKING",
        ) from None


def _defaults(
    declared: Declared, limits: type[msgspec.Struct]
) -> Mapping[Environment, msgspec.Struct]:
    for environment in declared.limits:
        _check_word("limits", environment, ENVIRONMENTS)
    defaults: dict[Environment, msgspec.Struct] = {}
    everywhere: msgspec.Struct | None = None  # where no environment has its own, the same
    is_whole = NODEFAULT not in limits.__struct_defaults__ and len(
        limits.__struct_defaults__
    ) == len(limits.__struct_fields__)
    for environment in ENVIRONMENTS:
        own = dict(declared.limits.get(environment, {}))
        if not own and everywhere is not None:
            defaults[environment] = everywhere
            continue
        try:
            # Where nothing is set, nothing needs a check: setting one up takes a while.
            defaults[environment] = limits() if is_whole and not own else convert(own, limits)
        except InputError as error:
            raise InputError(
                error.wrong, fix=error.fix, field=f"limits.{environment}.{error.field}".rstrip(".")
            ) from None
        if not own:
            everywhere = defaults[environment]
    return defaults


Judge = Callable[[Fact | Stack, msgspec.Struct, Known], Iterator[Finding]]


def _uniform(judge: Callable[..., Iterator[Finding]], takes_limits: bool) -> Judge:
    """A rule's function with limits, which one that has none does not see."""
    if takes_limits:
        return judge
    without = cast("Callable[[Fact | Stack, Known], Iterator[Finding]]", judge)
    return lambda fact, _limits, known: without(fact, known)


def _unusable(name: str, error: InputError) -> Rule:
    """The rule that takes the place of a file that is wrong."""
    mistake = str(error)

    def judge(_fact: Fact | Stack, _limits: msgspec.Struct, _known: Known) -> Iterator[Finding]:
        raise Unverified(f"the rule cannot be read: {mistake.rstrip('.')}")

    return Rule(
        name=name,
        offence="Rule whose file cannot be read",
        why=mistake,
        fix=error.fix[:1].upper() + error.fix[1:] + ".",
        exceptions="None.",
        tags="It reads none.",
        severity="high",
        levels=dict.fromkeys(ENVIRONMENTS, "mandatory"),
        theme="governance",
        thresholds=(),
        limits_by_environment={},
        kind=lambda: Fact,
        code=lambda: _without_limits(judge),
        mistake=mistake,
    )


def _without_limits(judge: Judge) -> RuleCode:
    return RuleCode(NoLimits, dict.fromkeys(ENVIRONMENTS, NoLimits()), judge)


# --- the package's rules, known without importing them ---


class _KeptRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule without its Python. ``judges`` is the name of a class and of its module."""

    name: str
    page: tuple[str, str, str, str, str]
    severity: Severity
    levels: dict[Environment, Level]
    theme: Theme
    thresholds: tuple[Threshold, ...]
    limits_by_environment: dict[Environment, dict[str, LimitValue]]
    judges: tuple[str, str]


_COPY = "rules"


def _kept_rules(files: Files) -> Mapping[str, Rule] | None:
    found = kept(FOLDER, _COPY, files, tuple[_KeptRule, ...])
    if found is None:
        return None
    return {each.name: _known(each) for each in found}


def _keep_rules(checksum: bytes, every: Mapping[str, Rule]) -> None:
    if any(rule.mistake for rule in every.values()) or checksum != rule_files().checksum:
        return
    keep(
        FOLDER,
        _COPY,
        checksum,
        tuple(
            _KeptRule(
                name=rule.name,
                page=(rule.offence, rule.why, rule.fix, rule.exceptions, rule.tags),
                severity=rule.severity,
                levels=dict(rule.levels),
                theme=rule.theme,
                thresholds=rule.thresholds,
                limits_by_environment={
                    environment: dict(limits)
                    for environment, limits in rule.limits_by_environment.items()
                },
                judges=(rule.judges.__module__, rule.judges.__qualname__),
            )
            for rule in every.values()
        ),
    )


def _known(rule: _KeptRule) -> Rule:
    offence, why, fix, exceptions, tags = rule.page
    return Rule(
        name=rule.name,
        offence=offence,
        why=why,
        fix=fix,
        exceptions=exceptions,
        tags=tags,
        severity=rule.severity,
        levels=rule.levels,
        theme=rule.theme,
        thresholds=rule.thresholds,
        limits_by_environment=rule.limits_by_environment,
        kind=cache(partial(_kind_of, *rule.judges)),
        code=cache(partial(_code_of, rule.name)),
    )


def _kind_of(module: str, kind: str) -> type[Fact] | type[Stack]:
    """What a rule judges. It is there: its file is among those that the copy was made of."""
    found: type[Fact] | type[Stack] = getattr(importlib.import_module(module), kind)
    return found


def _code_of(name: str) -> RuleCode:
    """What is of a rule's own Python. A file that cannot be imported after all judges nothing: its
    function raises what the import did, which makes the rule's verdicts *unverified*."""
    try:
        stem = name.replace("-", "_")
        module = _imported(FOLDER / f"{stem}.py")
        return _code(_declared(stem, module), module)[1]
    except Exception as error:
        broken = error

    def judge(_fact: Fact | Stack, _limits: msgspec.Struct, _known: Known) -> Iterator[Finding]:
        raise broken

    return _without_limits(judge)
