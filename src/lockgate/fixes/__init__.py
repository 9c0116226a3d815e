"""What `lockgate fix` changes in a project: of vulnerable pins one kind of file a module, of what is not pinned one kind a module of `pins`.

A fixer is a module with `PATTERNS`, the file names (shell patterns, in lower case) that it changes, and
`propose(tree, path, upgrades, offline) -> Proposal`. A file that no pattern fits is taken for a requirements file.
"""
