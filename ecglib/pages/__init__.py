"""HTML that opens without a network: the executed notebooks, and the front page before them."""
