"""The words a user may write, params.yaml and the notebooks' parameters as checked values."""
