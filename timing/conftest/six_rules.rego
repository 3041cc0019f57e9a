# The first six rules of Lichen, as far as Rego can say them: what takes a catalogue or a prediction
# is a table of data here, made beforehand.
package main

import rego.v1

endpoints contains resource if {
	some resource in input.resource_changes
	resource.type == "aws_sagemaker_endpoint_configuration"
}

region := input.configuration.provider_config.aws.expressions.region.constant_value

variants contains [resource.address, variant] if {
	some resource in endpoints
	some variant in resource.change.after.production_variants
}

machine(variant) := trim_prefix(variant.instance_type, "ml.")

deny contains sprintf("%s: %s emits %d gCO2e/kWh", [resource.address, region, data.grid[region]]) if {
	some resource in endpoints
	data.grid[region] > 400
}

deny contains sprintf("%s: no region is stated", [resource.address]) if {
	some resource in endpoints
	not region
}

deny contains sprintf("%s: %d accelerators", [address, count]) if {
	some [address, variant] in variants
	count := variant.initial_instance_count * data.accelerators[machine(variant)]
	count > 8
}

deny contains sprintf("%s: keeps %d machines", [address, variant.managed_instance_scaling.min_instance_count]) if {
	some [address, variant] in variants
	variant.managed_instance_scaling.min_instance_count > 0
}

deny contains sprintf("%s: only inference components scale to zero", [address]) if {
	some [address, variant] in variants
	variant.managed_instance_scaling.min_instance_count == 0
	variant.model_name
}

deny contains sprintf("%s: serves %f requests/s of %f", [resource.address, served, peak]) if {
	some resource in endpoints
	some variant in resource.change.after.production_variants
	peak := to_number(resource.change.after.tags["lichen:peak-rps"])
	served := variant.initial_instance_count * data.requests_per_s[machine(variant)]
	served > peak * 4
}
