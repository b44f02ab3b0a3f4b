"""How far can pruning go? Second-order removals within one fit, their rivals, a cheap network."""
