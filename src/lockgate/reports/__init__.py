"""One file a format, each over the same report document. A report never filters."""
