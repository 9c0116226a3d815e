"""One file a family of commands that install: `NAMES` and `installs(command, files)`."""
