"""What an endpoint on a Kubernetes cluster is made of."""
