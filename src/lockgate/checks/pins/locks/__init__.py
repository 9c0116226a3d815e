"""Whether a lock is still that of its manifest: one tool a file.

Each module has `LOCK` and `MANIFEST`, the names of the two files, `configured(project)`, which is the path of the entry that shows
that the project is the tool's (empty where nothing does), and `is_stale(project, lock, head, folder)`: True and False where that is
sure, None where it is not, as of a version of the tool whose way to hash is not known. `head` is the first line of the lock, `folder`
where the project lies, seen from the lock. A lock that is `SHARED` may lie in a folder above.
"""
