"""Universal perturbations: one small signal, added to every input, that fools a network."""
