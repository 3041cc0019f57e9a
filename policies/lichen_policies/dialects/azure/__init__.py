"""Azure's templates: ARM's JSON, and Bicep, which is compiled to it.

:mod:`expressions` and :mod:`functions` say what an expression of a template holds, :mod:`declared`
makes a resource of what a template declares, and :mod:`bicep` reads the other language. What only
the deployment knows is UNKNOWN. :mod:`carried` reads the same resources inside of other engines'.
"""

CARRIERS = (
    "azapi_resource",
    "azapi:index/resource:Resource",
    "azure-native:resources:Resource",
)
"""Resources of other engines that hold a whole one of Azure's API (:mod:`carried`)."""
