"""Files that others wrote into plain values, in bounded time and memory.

The answer is always the values of a file, or an :class:`~lichen.input_error.InputError` that
names the place by line and column. No message quotes the file: a line may hold a password. One
module a format, imported when such a file is read.
"""
