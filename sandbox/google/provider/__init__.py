"""``pulumi-resource-gcp`` over the emulated Google: a row for each kind of resource."""
