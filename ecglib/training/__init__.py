"""Training a classifier of any number of classes: the fit, its metrics, its progress."""
