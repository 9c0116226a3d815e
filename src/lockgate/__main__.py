"""`lockgate` and `python -m lockgate`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit; Ctrl-C while it is still being imported shows no traceback either."""
    try:
        from lockgate import cli

        cli.main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
