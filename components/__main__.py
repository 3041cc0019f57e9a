"""Lichen's components for every language: `pulumi package add` points here."""

from lichen_components import Endpoint
from pulumi.provider.experimental import component_provider_host

if __name__ == "__main__":
    component_provider_host(name="lichen", version="0.1.0", components=[Endpoint])
