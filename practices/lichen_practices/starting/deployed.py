"""The workloads that a deployment implies: what its containers serve, as far as it can be read.

Documents are read by the rules' own readers, so that what a gate understands becomes a workload:
SageMaker, Vertex AI and Kubernetes in any dialect, and vLLM's own configuration file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from lichen_policies.dialects import DeploymentInput
from lichen_policies.dialects.folders import read_all
from lichen_policies.facts import (
    ModelAccelerators,
    Resource,
    Serving,
    ServingContainer,
    Unverified,
)
from lichen_policies.facts.reading import facts_of
from lichen_policies.named_model import card_of
from lichen_policies.rule import Known
from lichen_policies.served import SERVERS, longest_tokens, model_setting, server_of, setting

from lichen.catalogue import Catalogue
from lichen.day import present_day
from lichen.document import InputError, did_you_mean, read_document
from lichen.input_error import NotRecognised
from lichen.passport import Passport
from lichen.words import Environment, Precision
from lichen_practices.starting.draft import KnownWorkload, name_of

Found = TypeVar("Found")

_DTYPES: Mapping[str, Precision] = {
    "bfloat16": "bf16", "float16": "fp16", "half": "fp16", "float32": "fp32", "float": "fp32",
}  # fmt: skip
_QUANTISED = ("SM_VLLM_QUANTIZATION", "OPTION_QUANTIZE", "HF_MODEL_QUANTIZE", "QUANTIZE",
              "--quantization", "--quantize")  # fmt: skip
_VLLM = ("served-model-name", "max-model-len", "tensor-parallel-size", "gpu-memory-utilization",
         "dtype", "port", "host", "quantization")  # fmt: skip


def drafts_of(paths: Iterable[Path], catalogue: Catalogue) -> tuple[KnownWorkload, ...]:
    """A draft of each workload that documents deploy.

    :class:`InputError` where a document cannot be read, or none of them serves a model.
    """
    known = Known(catalogue=catalogue, today=present_day())
    drafts: list[KnownWorkload] = []
    for path in paths:
        configured = _vllm(path)
        if configured is not None:
            drafts.append(_draft(configured, None, known, path, path.stem))
        else:
            drafts += _of_document(path, known)
    if not drafts:
        raise InputError(
            "no container of it serves a model that is named",
            fix="give --model and what its users need",
        )
    return tuple(drafts)


def _of_document(path: Path, known: Known) -> Iterator[KnownWorkload]:
    try:
        reading = read_all([path], "auto", DeploymentInput())
    except NotRecognised as error:
        raise InputError(
            error.wrong,
            fix="give a state, a plan, a template, a manifest or vLLM's configuration file",
            document=error.document or str(path),
        ) from None
    facts = [(resource, facts_of(resource) or ()) for resource in reading.resources]
    variants = [
        (resource, fact) for resource, found in facts for fact in found if isinstance(fact, Serving)
    ]
    taken = []
    for resource, found in facts:
        for fact in found:
            if isinstance(fact, ServingContainer) and _serves(fact):
                variant = _variant_of(resource, fact, variants)
                taken.append(variant)
                yield _draft(fact, variant, known, path, resource.name)
    for resource, variant in variants:
        if variant in taken:
            continue
        model = next(
            (
                fact
                for fact in facts_of(resource) or ()
                if isinstance(fact, ModelAccelerators) and fact.container is None
            ),
            None,
        )
        yield _draft(_named_by(model, variant), variant, known, path, resource.name)


def _named_by(model: ModelAccelerators | None, variant: Serving) -> ServingContainer:
    """A container of the model that a resource names itself, as Vertex AI's Model Garden does."""
    name = None if model is None else _said(lambda: model.model)
    return ServingContainer(
        context=variant.context, model=name, model_at="" if model is None else model.model_at
    )


def _serves(fact: ServingContainer) -> bool:
    return (
        _said(lambda: model_setting(fact)) is not None or _said(lambda: server_of(fact)) is not None
    )


def _said(ask: Any) -> Any:
    """What a fact says; None where it is known only after deployment."""
    try:
        return ask()
    except Unverified:
        return None


def _variant_of(
    resource: Resource, container: ServingContainer, variants: list[tuple[Resource, Serving]]
) -> Serving | None:
    """What runs a container: of the same resource, or what names its model; else the only one."""
    names = _said(lambda: container.names) or ()
    for own, variant in variants:
        if own is resource or _said(lambda variant=variant: variant.model) in names:
            return variant
    documents = [variant for own, variant in variants if own.document == resource.document]
    return documents[0] if len(documents) == 1 else None


def _draft(
    fact: ServingContainer, variant: Serving | None, known: Known, path: Path, name: str
) -> KnownWorkload:
    stated = _said(lambda: model_setting(fact))
    card = None if stated is None else card_of(stated.value, known)
    passport = _said(lambda: fact.passport) or _said(lambda: variant and variant.passport)
    declared = passport if isinstance(passport, Passport) else Passport()
    if card is None and declared.model is not None:
        card = known.catalogue.find_model(declared.model)
    region, cloud = _said(lambda: fact.region), fact.cloud or (variant.cloud if variant else "")
    floor = _said(lambda: variant and variant.floor)
    machines = _said(lambda: variant and variant.machines)
    return KnownWorkload(
        name=name_of(declared.workload or name),
        model=None if card is None else card.name,
        generates=card is None or card.generates,
        precisions=_precisions(fact, declared),
        peak_rps=declared.peak_rps,
        mean_rps=declared.mean_rps,
        input_tokens=declared.input_tokens,
        output_tokens=declared.output_tokens,
        longest_tokens=declared.longest_tokens or _longest(fact, (card is not None and
                                                           card.max_context_tokens) or None),
        time_to_first_token_ms=declared.time_to_first_token_ms,
        time_per_output_token_ms=declared.time_per_output_token_ms,
        p95_ms=declared.p95_ms,
        mode=declared.mode
        or ("asynchronous" if _said(lambda: variant and variant.asynchronous) else None)
        or ("serverless" if _said(lambda: variant and variant.serverless) else None),
        clouds=(cloud,) if cloud in ("aws", "google", "azure") else (),
        environment=declared.environment or _environment(fact, variant),
        minimum_replicas=declared.minimum_replicas
        if declared.minimum_replicas is not None
        else (floor if floor is not None else None),
        came_from=f" from {path.name}",
        runs_on=_runs_on(fact, variant, machines, region, stated is not None and card is None),
    )  # fmt: skip


def _environment(fact: ServingContainer, variant: Serving | None) -> Environment | None:
    found = _said(lambda: fact.environment) or _said(lambda: variant and variant.environment)
    return found if found in get_args(Environment) else None


def _longest(fact: ServingContainer, most: int | None) -> int | None:
    found = _said(lambda: longest_tokens(fact))
    return found if isinstance(found, int) and 0 < found <= (most or found) else None


def _precisions(fact: ServingContainer, declared: Passport) -> tuple[Precision, ...]:
    if declared.precision is not None:
        return (declared.precision,)
    try:
        quantised = setting(fact, *_QUANTISED)
    except Unverified:
        return ()
    if quantised is not None and quantised.value.casefold() not in ("", "none"):
        # How many bits another method leaves is not known: the dtype is that of its arithmetic.
        method = quantised.value.casefold()
        return tuple(known for known in get_args(Precision) if known == method)
    server = _said(lambda: server_of(fact))
    names = SERVERS[server].precision if server else ("DTYPE", "--dtype")
    dtype = _said(lambda: setting(fact, *names))
    found = None if dtype is None else _DTYPES.get(dtype.value.casefold())
    return (found,) if found else ()


def _runs_on(
    fact: ServingContainer,
    variant: Serving | None,
    machines: object,
    region: object,
    is_unknown_model: bool,
) -> str:
    """What runs today, in a sentence; it restricts nothing."""
    machine = _said(lambda: variant and variant.machine) or _said(lambda: fact.machine)
    said = []
    if machine:
        count = f"{machines} x " if isinstance(machines, int) and machines > 1 else ""
        where = f" in {region}" if isinstance(region, str) else ""
        said.append(f"It runs on {count}{machine}{where} today.")
    if is_unknown_model:
        said.append("The catalogue does not know its model: give its config.json.")
    return " ".join(said)


def _vllm(path: Path) -> ServingContainer | None:
    """What vLLM's own configuration file (``vllm serve --config``) says, as a container's command
    line; None where the file is another."""
    if path.suffix.lower() not in (".yaml", ".yml") or not path.is_file():
        return None
    try:
        document = read_document(path)
    except InputError:
        return None
    if not isinstance(document, dict) or "apiVersion" in document or "Resources" in document:
        return None
    keys = {str(key).replace("_", "-") for key in document}
    if not isinstance(document.get("model"), str) or not keys & set(_VLLM):
        return None
    arguments = tuple(
        part
        for key, value in document.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        for part in (f"--{str(key).replace('_', '-')}", str(value))
    )
    return ServingContainer(arguments=("vllm serve", *arguments), arguments_at=path.name)


def the_one(drafts: tuple[KnownWorkload, ...], name: str | None) -> KnownWorkload:
    """The draft of a name; the only one where none is given."""
    names = [draft.name for draft in drafts]
    if name is None:
        if len(set(names)) > 1:
            raise InputError(
                f"serves {len(drafts)} models: {', '.join(names)}",
                fix="choose one by --endpoint",
                field="--from",
            )
        return drafts[0]
    if name not in names:
        raise InputError(f"{name!r} is not served", fix=did_you_mean(name, names),
                         field="--endpoint")  # fmt: skip
    return drafts[names.index(name)]
