"""Many runs at once: cross-validation, search, ablation, leaks, ensembles, and the table that compares them."""
