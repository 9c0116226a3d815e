"""The formats of baselines, one file each: lists of the secrets that are known.

A module has `FORMAT`, the name of the format, and `BASELINE`, a subclass of `lockgate.checks.secrets.baseline.Baseline`.
"""
