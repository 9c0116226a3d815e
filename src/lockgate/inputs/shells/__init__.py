"""Where shell stands in the files of a repository: one kind of file a module, with `PATTERNS` and `commands`."""
