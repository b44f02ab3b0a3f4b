"""What can be wrong with an instance or a placement, each by its name."""


class OffloadingError(ValueError):
    """Something is wrong with an instance or a placement; the message says what and where."""


class WrongShape(OffloadingError):
    """Two arrays do not belong together."""


class NotNumbers(OffloadingError):
    """Something else than numbers, or fractions where whole ones are wanted."""


class AcrossApplications(OffloadingError):
    """A layer that reads from another application's."""


class Cycle(OffloadingError):
    """Layers wait for one another in a ring."""


class NoSize(OffloadingError):
    """A layer has no size of its output, or no time that it takes."""


class Unreachable(OffloadingError):
    """A server that another cannot send to."""


class NegativePrice(OffloadingError):
    """A price below zero, or no finite number."""


class NegativeSpeed(OffloadingError):
    """A bandwidth or a delay below zero, or no number."""


class TooTight(OffloadingError):
    """A deadline that no placement meets."""


class PinnedMoved(OffloadingError):
    """A layer that must stay on its server was put on another."""


class SmallBudget(OffloadingError):
    """Fewer evaluations than a swarm takes to begin."""


class BelowOptimum(OffloadingError):
    """A search that is cheaper than what was proven: one of the solvers is wrong."""


class NotExact(OffloadingError):
    """A kind of instance that an exact solver does not know."""
