"""The readers of Microsoft's resources, one module a kind.

Types are written without the version of their API: ``azure-native:compute:VirtualMachine`` is read
in each version of it (see ``reading.reader_of``).
"""
