"""What rules may know: resources of every dialect read into the same few kinds of fact.

A reader is a module in ``readers/<cloud>/``: ``CLOUD``; ``TYPES``, each dialect's words for the
kind of resource; and ``read(properties, context)``, which yields facts. A new kind of resource is
one such file. A new kind of fact is a class in a module of ``kinds/``, whose names are here too.
"""

from lichen_policies.facts.fact import Context as Context
from lichen_policies.facts.fact import Fact as Fact
from lichen_policies.facts.kinds import *
from lichen_policies.facts.resource import Dialect as Dialect
from lichen_policies.facts.resource import Resource as Resource
from lichen_policies.facts.unknown import UNKNOWN as UNKNOWN
from lichen_policies.facts.unknown import Maybe as Maybe
from lichen_policies.facts.unknown import NotApplicable as NotApplicable
from lichen_policies.facts.unknown import NotYetKnown as NotYetKnown
from lichen_policies.facts.unknown import Unknown as Unknown
from lichen_policies.facts.unknown import Unverified as Unverified
from lichen_policies.facts.unknown import is_unknown as is_unknown
