"""Terraform's configuration as it is written, without a plan.

A folder of ``.tf`` and ``.tf.json`` files, or OpenTofu's ``.tofu``, is one module. :mod:`syntax`
takes its text apart, :mod:`expressions` says what an expression holds, :mod:`functions` has the
functions of the language that need no file and no clock, and :mod:`modules` makes the resources,
through the modules that are called. What only an apply can know is UNKNOWN.
"""
