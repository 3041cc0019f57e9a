"""The catalogue: regions, chips, machines, offers and models, every number with its source."""

from lichen.catalogue.tables import DIRECTORY, Catalogue, load

__all__ = ["DIRECTORY", "Catalogue", "load"]
