"""The study's networks on a microcontroller: integers, C, and what they cost."""
