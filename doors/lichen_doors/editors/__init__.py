"""The door for editors: the Language Server Protocol, for workload files and ``lichen.yaml``."""
