"""llama.cpp on Arm processors: one GGUF file, a thread for every core, requests in slots."""

from __future__ import annotations

from lichen.sizing.waiting import concurrency_of
from lichen_components.servers.container import Container, Decision

SERVER = "llama.cpp"
"""Its name in makes.csv and images.csv."""

START_S = 900
"""How long reading the weights may take (design choice)."""


def serve(decision: Decision) -> Container:
    """The container of a language model on an Arm processor.

    The model's files are one GGUF file of the chosen precision, which the server finds by itself
    (aws/deep-learning-containers, scripts/docker/llama_cpp/sagemaker_entrypoint.sh). All slots
    share one cache: it holds the longest request, or as many typical ones as are in flight.
    """
    sizing, traffic = decision.sizing, decision.workload.traffic
    slots = concurrency_of(sizing)
    typical = (traffic.input_tokens or 0) + (traffic.output_tokens or 0)
    options = {
        "alias": decision.card.name,
        "threads": f"{decision.machine.vcpu:.0f}",
        "parallel": str(slots),
        "kv-unified": "true",
        "ctx-size": str(max(sizing.longest_tokens or 0, typical * slots)),
    }
    return Container(server="llama.cpp", options=options, environment={}, start_s=START_S)
