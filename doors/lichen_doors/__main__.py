"""The command as a process of its own: ``lichen``, and ``python -m lichen_doors``.

What is imported lives until the process ends. Python would search it for garbage while it is
imported, at each search later, and once more at the end: a tenth of what a small ``lichen check``
takes. So it is kept out of these searches.
"""

import gc


def main() -> None:
    """What is typed, done; ends the process with the command's exit code."""
    gc.disable()
    from lichen_doors.command import main as command

    gc.freeze()
    gc.enable()
    try:
        command(prog_name="lichen")
    finally:
        gc.freeze()  # nothing outlives the process: the system takes all of its memory back


if __name__ == "__main__":
    main()
