"""A random sample of resources of public repositories: which documents, which resources of each.

The universe is every resource of a kind that docs/rules/ lists and that is accelerated or serves:
by its type, or by what is written in it. Words decide, never a reader or a rule.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from tests.corpus.public.documents import (
    HERE,
    Document,
    Format,
    Repository,
    folder,
    named,
    paths,
    write,
)

SEED = 20261126
RESOURCES = 150
SECOND_SEED = 20261127
SECOND_RESOURCES = 100
THIRD_SEED = 20261128
THIRD_RESOURCES = 100
FOURTH_SEED = 20261129
FOURTH_RESOURCES = 110
FIFTH_SEED = 20261130
FIFTH_RESOURCES = 100
SIXTH_SEED = 20261201
SIXTH_RESOURCES = 110
SEVENTH_SEED = 20261202
SEVENTH_RESOURCES = 110
PER_DOCUMENT = 3
PER_REPOSITORY = 8
"""At most so many documents of one repository and format, so that none decides the figures."""

LARGEST_BYTES = 200_000
INDEX = HERE.parents[2] / "docs" / "rules" / "README.md"

SERVES = re.compile(
    r"sagemaker|vertex|bedrock|cognitive|machine_?learning|notebook|workbench|tpu|InferenceService"
    r"|ServingRuntime|/Ray(Service|Cluster|Job)|LeaderWorkerSet|NIMService",
    re.IGNORECASE,
)
ACCELERATED = re.compile(
    r"nvidia|amd\.com/gpu|habana|neuron|google\.com/tpu|gke-(accelerator|tpu)|accelerator_?type"
    r"|guest_?accelerator|gpu|vllm|text-generation-inference|triton|sglang"
    r"|\b(p[2-6]|g[3-7]|inf[12]|trn[12])[a-z]*\.\d*x?large|\b(a[234]|g[24])-[a-z]+gpu"
    r"|Standard_N[CDVG]",
    re.IGNORECASE,
)
NOT_WHOLE = re.compile(r"patch|kustomization|/templates/.*\.yaml|\.github/", re.IGNORECASE)
"""Files that are no deployment by themselves: patches, and templates of Helm."""

REGIONS = {
    "aws": ("eu-north-1", "us-east-1", "ap-south-1", "eu-central-1"),
    "google": ("europe-north1", "us-central1", "asia-south1", "europe-west3"),
    "azure": ("swedencentral", "eastus", "centralindia", "germanywestcentral"),
}

Drawn = tuple[Document, tuple[str, ...]]
"""A document and the addresses of resources in it."""


def kinds() -> frozenset[str]:
    """The types that some page of docs/rules/ is about."""
    table = INDEX.read_text(encoding="utf-8").split("## By kind of resource")[1]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    return frozenset(
        name for types, rules in rows if rules.strip() for name in re.findall(r"`([^`]+)`", types)
    )


def universe(repository: Repository, mirror: Path) -> Iterator[Drawn]:
    """Each document of a repository that has resources to draw from, and their addresses."""
    read_kinds, seen = kinds(), set[str]()
    every = {path: size for path, size in paths(repository, mirror).items() if _is_whole(path)}
    folders = {str(PurePosixPath(path).parent) for path in every if path.endswith(".tf")}
    files = [
        path
        for path, size in every.items()
        if size <= LARGEST_BYTES and path.endswith((".yaml", ".yml", ".json", ".template"))
    ]
    for path, form in [*((path, "") for path in files), *((path, "hcl") for path in folders)]:
        document = Document(
            name="",
            repository=repository.name,
            path=path,
            format=form or "plan",  # type: ignore[arg-type]
        )
        with folder() as place:
            written = write(document, repository, mirror, Path(place))
            texts = [file.read_text(encoding="utf-8") for file in sorted(Path(place).iterdir())]
            content = hashlib.sha256("".join(texts).encode()).hexdigest()
            if content in seen or not any(map(_speaks, texts)):
                continue
            seen.add(content)
            form, resources = named(written)
        addresses = [each.address for each in resources]
        drawn = tuple(
            each.address
            for each in resources
            if each.type in read_kinds
            and (SERVES.search(each.type) or ACCELERATED.search(each.text))
            and addresses.count(each.address) == 1
        )
        if drawn:
            yield Document(name="", repository=repository.name, path=path, format=form), drawn


def _is_whole(path: str) -> bool:
    return not NOT_WHOLE.search(f"/{path}")


def _speaks(text: str) -> bool:
    return bool(SERVES.search(text) or ACCELERATED.search(text))


def sample(found: Iterable[Drawn], *, seed: int = SEED, resources: int = RESOURCES) -> list[Drawn]:
    """Draw: documents of every repository and format in turn, a few resources of each, until
    there are so many. What a deployer gives beside a document is drawn too."""
    chance = random.Random(seed)
    groups: dict[tuple[Format, str], list[Drawn]] = {}
    for document, addresses in sorted(found, key=lambda each: (each[0].repository, each[0].path)):
        groups.setdefault((document.format, document.repository), []).append((document, addresses))
    for group in groups.values():
        chance.shuffle(group)
        del group[PER_REPOSITORY:]
    drawn: list[Drawn] = []
    names = sorted(groups)
    chance.shuffle(names)
    while any(groups.values()):
        for name in names:
            if not groups[name] or sum(len(addresses) for _, addresses in drawn) >= resources:
                continue
            document, addresses = groups[name].pop()
            taken = sorted(chance.sample(addresses, min(PER_DOCUMENT, len(addresses))))
            given = _given(document, chance)
            drawn.append((given, tuple(taken)))
        if sum(len(addresses) for _, addresses in drawn) >= resources:
            break
    return [
        (
            Document(
                name=f"{number:03}",
                repository=document.repository,
                path=document.path,
                format=document.format,
                region=document.region,
                environment=document.environment,
            ),
            addresses,
        )
        for number, (document, addresses) in enumerate(drawn, 1)
    ]


def _given(document: Document, chance: random.Random) -> Document:
    """A region for what has none of its own, and an environment; each is left out now and then."""
    words = f"{document.repository}/{document.path}".lower()
    cloud = "aws"
    if document.format == "kubernetes":
        cloud = next((name for name in ("google", "azure") if name in words), cloud)
        cloud = "google" if "gke" in words else "azure" if "aks" in words else cloud
    stated = document.format in ("plan", "hcl")
    region = None if stated else chance.choice([None, *REGIONS[cloud]])
    environment = chance.choice([None, "prod", "dev", "staging"])
    return Document(
        name="",
        repository=document.repository,
        path=document.path,
        format=document.format,
        region=region,
        environment=environment,
    )
