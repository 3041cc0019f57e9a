"""``python -m lichen_doors.command``: the command, where no executable is installed."""

from lichen_doors.command import main

main(prog_name="lichen")
