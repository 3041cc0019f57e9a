"""A first workload file: from a model and a few answers, or from what is deployed already."""
