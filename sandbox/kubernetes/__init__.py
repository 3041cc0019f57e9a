"""A real Kubernetes on this machine: its control plane, nodes as clouds make them, a provider."""
