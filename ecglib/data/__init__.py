"""From WFDB records to batches of heartbeats."""
