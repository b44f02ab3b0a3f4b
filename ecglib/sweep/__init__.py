"""The sweep: every cell of a grid as one execution of a notebook, scheduled by dask."""
