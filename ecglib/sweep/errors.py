"""What can go wrong with a sweep as a whole, and with one of its cells."""

import errno

FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


class SweepError(RuntimeError):
    """The sweep cannot start or go on; what is finished is kept. The message says what to do."""


class WrongWorker(SweepError):
    """A worker would not run the same thing: other packages, code, settings or data."""


class CellFailed(RuntimeError):
    """The notebook of one cell failed. `notebook`: the executed notebook, as JSON text."""

    def __init__(self, message: str, notebook: str = "") -> None:
        super().__init__(message, notebook)  # both in `args`, so that pickling keeps them
        self.notebook = notebook

    def __str__(self) -> str:
        return self.args[0]


def disk_is_full(error: BaseException) -> bool:
    """Whether the error is a full disk, here, on a worker, or inside a notebook's kernel."""
    return getattr(error, "errno", None) in FULL_DISK or "No space left on device" in str(error)
