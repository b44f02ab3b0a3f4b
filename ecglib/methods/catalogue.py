"""Every method that the study compares: importing this registers all families.

For whoever reads results of all of them. A notebook that runs methods imports its own family alone,
so that its stage runs again for what it uses and for nothing else.
"""

from ecglib.methods import blocks, dense, filters, multistage, one_shot

__all__ = ["blocks", "dense", "filters", "multistage", "one_shot"]
