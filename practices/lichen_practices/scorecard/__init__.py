"""One page for the people who decide: figures of each endpoint, and what each practice says."""
