"""``python -m lichen_doors.command``: the command, where no executable is installed."""

from lichen_doors.__main__ import main

main()
