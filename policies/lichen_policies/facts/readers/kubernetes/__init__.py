"""The readers of Kubernetes' objects, one module a kind, and what they share."""
