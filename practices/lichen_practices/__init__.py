"""What teams do beyond the gate: measure, count tokens, watch what runs, plan a training, report.

Each practice is a package of its own. It takes what the engine and the rules decide, and reads what
they never do: a server that answers, a state in a bucket, a history of earlier runs. What only some
of them need is imported where it is used, and named by an extra of the installation.
"""
