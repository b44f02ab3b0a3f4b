"""The record of a run, in and out: one file a network, and the tables of the report."""
