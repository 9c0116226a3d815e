"""One file a rule: its `RULE` and `check(subject: Subject) -> Iterator[Finding]`."""
