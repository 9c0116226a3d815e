"""What is scanned: trees of files, lockfiles, positions in text. It reads; it never runs, follows or decides."""
