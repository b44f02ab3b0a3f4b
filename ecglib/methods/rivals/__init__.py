"""The pruning tools that people already use, each through its public interface, as methods."""
