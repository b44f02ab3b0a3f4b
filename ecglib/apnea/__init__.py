"""Sleep apnea from one lead, second by second or minute by minute (John et al., arXiv:2105.00528)."""
