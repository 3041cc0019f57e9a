"""The only place that formats what the engine decided: text for a terminal, JSON for programs."""
