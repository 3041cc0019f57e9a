"""Language model server without a limit on the length of answers.

Why: An answer of 32,000 tokens takes about a hundred times the energy of one of 300, and its memory
serves nobody else meanwhile. A server without a limit of its own gives it to whoever asks.

Fix: Set the longest sequence that your users need, as the message says.

Exceptions: It judges servers that it knows by their settings: vLLM, SGLang, Text Generation
Inference and AWS's Large Model Inference containers; in containers of SageMaker, Kubernetes, ECS,
Cloud Run and Azure (container apps and container instances). A limit of any size counts: it does
not judge how large it is. So a limit counts on a command line whose value is filled in later
(``--max-model-len=$(LENGTH)``). A setting that comes whole by a variable is unverified: it may be
empty, which limits nothing. Settings that a container takes from a ConfigMap are read where that is
in the same deployment; a container that takes all settings of one that is not is unverified, and so
is one that takes all of a Secret (``envFrom``), whose content is never read. A placeholder that may
stand for any arguments (``vllm serve $MODEL $ARGS``) may be a limit, so it is unverified. A
container whose image is a placeholder is judged by its command line, and by settings and arguments
that vLLM alone reads (``VLLM_USE_V1``, ``--max-num-seqs``). A server that embeds, ranks or
classifies makes no text, and is not judged: by its command line (``--task=embed``,
``--runner=pooling``), or where KubeAI's ``features`` do not have TextGeneration. A container that
names no model in its settings is not judged, nor one whose command line starts something else, nor
KServe's runtimes and language models, to which others add settings. Text Generation Inference
before its version 3 limits a sequence to 4,096 tokens or less by itself.

Tags: It reads none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lichen_policies.facts import ServingContainer
from lichen_policies.facts.image import ImageName, image_name
from lichen_policies.rule import Finding, Known, NotApplicable, rule
from lichen_policies.served import SERVERS, argument, server_of, setting


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="model")
def unbounded_generation(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    server = server_of(fact)
    if server is None:
        raise NotApplicable("it is no server of language models that is known by its settings")
    if fact.generates is False or _embeds(fact):
        raise NotApplicable("it makes no text, but embeddings or the like")
    limits = SERVERS[server].longest
    if setting(fact, *limits) is None:
        if fact.extended:
            raise NotApplicable("what is served with it may set the limit")
        if server == "Text Generation Inference" and _limits_itself(image_name(fact.image or "")):
            return
        # Where a command line is at hand, its argument is the name that people know.
        names = [name for name in limits if name.startswith("-") is bool(fact.arguments_at)]
        name = (names or limits)[0]
        yield Finding(
            what=f"no setting of {server} limits the length of a sequence",
            limit="a server of language models must limit what one request may take",
            or_else=f"set {name} to the tokens of the longest request and answer together",
            path=fact.settings_at or fact.arguments_at or fact.path,
        )


def _embeds(fact: ServingContainer) -> bool:
    """Whether the command line says that the server embeds, ranks or classifies."""
    line = fact.arguments or ()
    task = argument("--task", line) or argument("--runner", line)
    return task in _NO_TEXT or "--is-embedding" in line


_NO_TEXT = ("embed", "embedding", "score", "classify", "reward", "pooling")
"""Tasks and runners of vLLM (documentation, "Pooling Models")."""


def _limits_itself(image: ImageName) -> bool:
    """Whether an image of Text Generation Inference is of a version before 3, by its name: the tag,
    ``tgi2.4.0`` in an AWS image's, ``cu124.2-3`` in a Google repository's."""
    found = (
        re.search(r"tgi(\d+)\.", image.tag)
        or re.search(r"-inference-\w+\.(\d+)-", image.repository)
        or re.fullmatch(r"text-generation-inference:(\d+)\..*", f"{image.repository}:{image.tag}")
    )
    return found is not None and int(found[1]) < 3
