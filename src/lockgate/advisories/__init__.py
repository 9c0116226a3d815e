"""OSV records become a local index: build, sync, match."""
