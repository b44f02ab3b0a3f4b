"""What a stream refuses."""


class StreamError(ValueError):
    """A rate or a converter that no stream can be of; the message says what would do."""
