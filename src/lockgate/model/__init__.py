"""The house's frozen values. They hold facts, decide nothing and import nothing of ours."""
