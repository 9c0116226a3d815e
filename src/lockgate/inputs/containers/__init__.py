"""What container builds and Compose projects fetch and run, read from their files."""
