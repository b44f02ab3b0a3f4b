"""What notebooks share, and what runs them."""
