"""A program that serves one model on four of Google Cloud's hostings, on three TPUs."""

PROGRAM = """
from copy import deepcopy

import pulumi
from lichen_components import Endpoint, EndpointArgs

WORKLOAD = {
    "model": "meta-llama/Llama-3.1-8B",
    "precisions": ["bf16"],
    "traffic": {"peak_rps": 0.5, "mean_rps": 0.1, "input_tokens": 600, "output_tokens": 200},
    "latency": {"time_per_output_token_ms": 100},
    "where": {"clouds": ["google"], "regions": ["europe-west4"]},
    "environment": "staging",
}
GOOGLE = {
    "project": "acme-ml",
    "network": "projects/acme-ml/global/networks/serving",
    "subnetwork": "serving",
    "proxy_ranges": ["10.129.0.0/23"],
}
GS, HF = "gs://acme-models/llama-3.1-8b/", "hf://meta-llama/Llama-3.1-8B"


def serve(name, hosting, machine, artifacts):
    workload = deepcopy(WORKLOAD)
    workload["name"] = name
    workload["where"]["hosting"] = [hosting]
    if hosting == "cloud-run":
        workload["availability"] = {"minimum_replicas": 0}
    args = EndpointArgs(
        workload=workload,
        artifacts=artifacts,
        google=GOOGLE,
        pin={"machine": machine, "region": "europe-west4"},
    )
    pulumi.export(name, Endpoint(name, args).machine)


serve("v6e", "tpu-vm", "ct6e-standard-1t", GS)
serve("v5p", "tpu-vm", "ct5p-hightpu-4t", GS)
serve("v5e", "tpu-vm", "ct5lp-hightpu-4t", GS)
serve("vertex", "vertex", "g2-standard-4", HF)
serve("run", "cloud-run", "cloudrun-gpu-l4", GS)
"""
