"""The kinds of facts, one module a theme. A kind says what one resource is or does, in fields that
every cloud's readers can fill; a rule names the kind that it judges.

A kind is written in its module alone: what a module defines is a name here, and in
``lichen_policies.facts``.
"""

from lichen_policies.facts.kinds.containers import *
from lichen_policies.facts.kinds.declared_tags import *
from lichen_policies.facts.kinds.disks import *
from lichen_policies.facts.kinds.groups import *
from lichen_policies.facts.kinds.machines import *
from lichen_policies.facts.kinds.memory import *
from lichen_policies.facts.kinds.pods import *
from lichen_policies.facts.kinds.prompts import *
from lichen_policies.facts.kinds.reserves import *
from lichen_policies.facts.kinds.scaling import *
from lichen_policies.facts.kinds.serverless import *
from lichen_policies.facts.kinds.serving import *
from lichen_policies.facts.kinds.work import *
