"""`pulumi-resource-aws` over the emulated AWS: what the components make, and no more.

- kinds.py: the table, one row for each resource type
- shapes.py: properties as pulumi_aws spells them, parameters as AWS does
- api.py: the calls, and how they fail
- resource.py: a row at work: check, diff, create, read, update, delete
- invokes.py: the functions
- servicer.py: the engine's protocol
"""
