"""Azure's templates: ARM's JSON, and Bicep, which is compiled to it.

:mod:`expressions` and :mod:`functions` say what an expression of a template holds, :mod:`declared`
makes a resource of what a template declares, and :mod:`bicep` reads the other language. What only
the deployment knows is UNKNOWN. :mod:`carried` reads the same resources inside of other engines',
and :mod:`deployments` whole templates.
"""

from functools import cache

from lichen.clouds.azure import CLOUD

CARRIERS = (
    "azapi_resource",
    "azapi:index/resource:Resource",
    "azure-native:resources:Resource",
)
"""Resources of other engines that hold a whole one of Azure's API (:mod:`carried`)."""

_DEPLOYMENTS = frozenset(
    (
        "azurerm_template_deployment",
        "azurerm_resource_group_template_deployment",
        "azurerm_subscription_template_deployment",
        "azurerm_management_group_template_deployment",
        "azurerm_tenant_template_deployment",
        "azure:core/resourceGroupTemplateDeployment:ResourceGroupTemplateDeployment",
        "azure:core/subscriptionTemplateDeployment:SubscriptionTemplateDeployment",
        "azure:core/templateDeployment:TemplateDeployment",
        "azure:management/groupTemplateDeployment:GroupTemplateDeployment",
        "azure-native:resources:Deployment",
        "azure-native:resources:DeploymentAtSubscriptionScope",
        "azure-native:resources:DeploymentAtManagementGroupScope",
        "azure-native:resources:DeploymentAtScope",
        "azure-native:resources:DeploymentAtTenantScope",
        "azure-native:resources:DeploymentStackAtManagementGroup",
        "azure-native:resources:DeploymentStackAtResourceGroup",
        "azure-native:resources:DeploymentStackAtSubscription",
        "Microsoft.Resources/deployments",
        "Microsoft.Resources/deploymentStacks",
    )
)


@cache
def is_deployment(type_: str) -> bool:
    """Whether resources of a type deploy a template (:mod:`deployments`)."""
    return CLOUD.without_version(type_) in _DEPLOYMENTS
