"""The only importers and callers of foreign tools."""
