"""An emulated Google Cloud on loopback, and our own ``pulumi-resource-gcp`` over it.

It is not Google's software, nor Pulumi's: requests are checked against Google's own discovery
documents, and against what its documentation says of machines, disks, chips and limits.
"""
