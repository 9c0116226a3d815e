"""From records to a verdict. It sees the model and the settings, nothing else."""
