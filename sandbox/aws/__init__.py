"""An AWS on this machine: moto's server, and a Pulumi provider over it."""
