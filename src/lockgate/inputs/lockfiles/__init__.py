"""Readers of the files that say which packages a project installs: one format a module.

A reader is a module with `PATTERNS`, the file names (shell patterns) that it reads, and `read(tree, path) -> Manifest`.
"""
