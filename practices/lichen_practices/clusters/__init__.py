"""Carbon for the schedulers of a cluster: prices for Karpenter, ceilings for autoscalers."""
