"""The pack that ``pulumi --policy-pack`` starts."""

try:
    from lichen_doors.crossguard.analyzer import serve
except ModuleNotFoundError as error:
    import sys

    sys.exit(
        f"lichen: this Python ({sys.executable}) has no {error.name!r}. "
        "Fix: run `make setup` in a clone; elsewhere `pip install 'lichen[pulumi]'` into the "
        "Python that pulumi finds first on PATH."
    )

serve()
