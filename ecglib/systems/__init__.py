"""What the further systems share: runs in several processes, and intervals over groups."""
