"""`lockgate` and `python -m lockgate`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit; Ctrl-C while it is still being imported shows no traceback either."""
    try:
        from lockgate.light import collect_rarely, import_msgspec

        collect_rarely()
        import_msgspec()
        from lockgate import cli

        cli.main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    if not sys.flags.safe_path:
        sys.path.pop(0)  # the current directory, which may be the one to scan: nothing may be imported from there
    main()
