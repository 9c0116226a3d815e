"""One rule a module: its class `Check` says what it means and finds it."""
