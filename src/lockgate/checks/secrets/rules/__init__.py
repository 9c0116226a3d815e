"""One file a kind of credential.

A module has `RULE`, `SEEN_AS` (as which kinds the engines see it: `engine:kind`, shell patterns) and, where the kind is
less than one provider's own format, `BREADTH`: 1 for anything that may be a password or token, 2 for anything random.
"""
