"""One file a rule: its `RULE` and `check(files: PinFiles) -> Iterator[Finding]`."""
