"""lockgate: one gate for a Python repository."""

__version__ = "0.1.0"
