"""The engines that look for secrets, and the prefilter that says where they can find any.

A module that has what `base.SecretEngine` names is an engine.
"""
