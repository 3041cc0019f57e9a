"""Rules for machine-learning deployments, judged on facts and free of any door."""
