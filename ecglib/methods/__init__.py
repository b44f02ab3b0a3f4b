"""Every way to prune that the study compares: a module a family, a registered entry a method."""
