"""From the results of all runs to the report: statistics over seeds and records, in words too."""
