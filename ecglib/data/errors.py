"""What reading records tells its caller: errors, and what was left out."""

import warnings


class DataError(ValueError):
    """The data are missing, damaged or not what the study needs; the message says what to do."""


class RecordWarning(UserWarning):
    """A record is used, but not all of it: one warning a record and kind, with a count."""


def left_out(record: str, count: int, what: str) -> None:
    """Warn that `count` parts of a record were not taken as they stand; nothing for none."""
    if count:
        warnings.warn(RecordWarning(f"record {record}: {count} {what}"), stacklevel=3)
