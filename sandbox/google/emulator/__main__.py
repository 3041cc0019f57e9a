"""The emulated Google as a process: prints its port, and ends with the one that started it."""

from __future__ import annotations

from sandbox.aws.exit_with_parent import exit_with_parent
from sandbox.google.emulator.server import Google, serve


def main() -> None:
    exit_with_parent()
    server = serve(Google())
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
