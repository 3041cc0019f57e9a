"""Lichen's components for every language: `pulumi package add` points here."""

import sys

from lichen_components import Endpoint
from lichen_components.provider import Package
from pulumi.provider import main

if __name__ == "__main__":
    main(Package([Endpoint], "lichen", "0.1.0"), sys.argv[1:])
