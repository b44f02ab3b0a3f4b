"""Whole filters: who writes and reads them, what they are worth, a network without them."""
