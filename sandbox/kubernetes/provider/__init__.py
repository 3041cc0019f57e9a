"""`pulumi-resource-kubernetes` over any cluster: strict where the real one drops what it does not
know."""
