"""From raw samples to beats with a class: the firmware that streams, and its reference in numpy."""
