"""An instance of the offloading problem: servers, links, layers, deadlines, all in plain units."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ecglib.offloading import checks
from ecglib.offloading.errors import TooTight, WrongShape

FREE = -1  # a layer that may run anywhere
BUSY, SPAN = "busy", "span"
SLACK = 1e-6  # of a deadline: what rounding, and the tolerance of HiGHS, may add to it


@dataclass(frozen=True, eq=False)
class Servers:
    """names (m); price_per_s (m): what a second on each costs, in the currency of the instance."""

    names: tuple[str, ...]
    price_per_s: np.ndarray


@dataclass(frozen=True, eq=False)
class Links:
    """(m, m) arrays, from the row's server to the column's; the diagonals do not count.

    s_per_byte and delay_s: how long a message takes. price_per_byte and price_per_message: what it
    costs. All are of the whole way, over others where there is no direct one.
    """

    s_per_byte: np.ndarray
    delay_s: np.ndarray
    price_per_byte: np.ndarray
    price_per_message: np.ndarray


@dataclass(frozen=True, eq=False)
class Layers:
    """names (n), the bytes that each puts out, and edges (e, 2): whose output is read by whom.

    application (n): 0, 1, ... where several networks run at once. pinned (n): a server, or FREE.
    An edge between two servers is one message, so an output that two layers read is sent twice.
    """

    names: tuple[str, ...]
    output_bytes: np.ndarray
    edges: np.ndarray
    application: np.ndarray
    pinned: np.ndarray


@dataclass(frozen=True, eq=False)
class Instance:
    """One problem. execution_s (n, m): each layer on each server; deadline_s (applications).

    paid: a server's seconds are those it is BUSY, or the SPAN from its first start to its last end.
    The arrays must not be written to after this.

    Raises:
        OffloadingError: by its name, what is wrong: see `errors`. A deadline that surely no
            placement meets is wrong; one may still be beyond reach where branches compete.
    """

    name: str
    servers: Servers
    links: Links
    layers: Layers
    execution_s: np.ndarray
    deadline_s: np.ndarray
    paid: str = BUSY

    def __post_init__(self) -> None:
        checks.check(self)
        least = self.least_s
        for application, wanted in enumerate(self.deadline_s):
            if least[application] > wanted * (1 + SLACK):
                raise TooTight(
                    f"{self.name}: no placement ends application {application} within {wanted:g} s;"
                    f" the least possible time is {least[application]:g} s"
                )

    def due(self, deadline_s: float | np.ndarray) -> "Instance":
        """The same with another deadline, of all applications or (applications).

        Raises:
            WrongShape: so many deadlines, of another number of applications.
        """
        wanted, shape = np.asarray(deadline_s, float), self.deadline_s.shape
        if wanted.shape not in ((), shape):
            raise WrongShape(f"{self.name}: deadlines are {wanted.shape}, not {shape} or one")
        return replace(self, deadline_s=np.broadcast_to(wanted, shape).copy())

    def too_tight(self) -> TooTight:
        """The error where it is proven that branches compete too much for the deadlines."""
        wanted, least = (", ".join(f"{s:g}" for s in of) for of in (self.deadline_s, self.least_s))
        return TooTight(
            f"{self.name}: proven, no placement is in time (due: {wanted} s); the least possible "
            f"time is above {least} s"
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Layers and servers."""
        return self.execution_s.shape

    @cached_property
    def order(self) -> np.ndarray:
        """(n) layers, none before one that it reads from; of the others the most urgent first.

        Urgent by `upward_s`.
        """
        order = checks.topological(len(self.layers.names), self.layers.edges)
        return order[np.argsort(-self.upward_s[order], kind="stable")]

    @cached_property
    def upward_s(self) -> np.ndarray:
        """(n) the upward rank: the time from a layer's start to the last end, means over servers.

        Topcuoglu, Hariri and Wu, IEEE Trans. Parallel Distrib. Syst. 13(3):260-274, 2002.
        """
        order = checks.topological(len(self.layers.names), self.layers.edges)
        mean_s = self.transfer_s.sum(axis=(1, 2)) / max(1, self.shape[1] * (self.shape[1] - 1))
        upward = np.zeros(len(order))
        for layer in order[::-1]:
            readers = np.flatnonzero(self.layers.edges[:, 0] == layer)
            after = upward[self.layers.edges[readers, 1]] + mean_s[readers]
            upward[layer] = self.execution_s[layer].mean() + after.max(initial=0)
        return upward

    @cached_property
    def into(self) -> list[list[int]]:
        """For each layer the numbers of its incoming edges."""
        found = [[] for _ in self.layers.names]
        for edge, (_, reader) in enumerate(self.layers.edges):
            found[reader].append(edge)
        return found

    @cached_property
    def allowed(self) -> np.ndarray:
        """(n, m) where each layer may run."""
        pinned = self.layers.pinned[:, None]
        return (pinned == FREE) | (pinned == np.arange(self.shape[1]))

    @cached_property
    def execution_price(self) -> np.ndarray:
        """(n, m) what each layer costs on each server while it is busy."""
        return self.execution_s * self.servers.price_per_s

    @cached_property
    def transfer_s(self) -> np.ndarray:
        """(e, m, m) how long the message of each edge takes between two servers; 0 on one."""
        return self._messages(self.links.s_per_byte, self.links.delay_s)

    @cached_property
    def transfer_price(self) -> np.ndarray:
        """(e, m, m) what the message of each edge costs between two servers; 0 on one."""
        return self._messages(self.links.price_per_byte, self.links.price_per_message)

    def _messages(self, each_byte: np.ndarray, each: np.ndarray) -> np.ndarray:
        sizes = self.layers.output_bytes[self.layers.edges[:, 0]]
        found = sizes[:, None, None] * each_byte + each
        return np.where(np.eye(len(each), dtype=bool), 0, found)

    @cached_property
    def least_s(self) -> np.ndarray:
        """(applications) a bound below each completion time; a chain alone can reach it.

        Every layer as early as its readers could wish, as if branches never met on a server.
        """
        ends = self.earliest_s.min(axis=1)
        found = np.zeros(len(self.deadline_s))
        np.maximum.at(found, self.layers.application, ends)
        return found

    @cached_property
    def earliest_s(self) -> np.ndarray:
        """(n, m) a bound below the end of each layer on each server; inf where it may not run."""
        ends = np.where(self.allowed, self.execution_s, np.inf)
        for layer in self.order:
            for edge in self.into[layer]:
                source = self.layers.edges[edge, 0]
                arrives = (ends[source][:, None] + self.transfer_s[edge]).min(axis=0)
                ends[layer] = np.maximum(ends[layer], arrives + self.execution_s[layer])
        return ends

    @cached_property
    def after_s(self) -> np.ndarray:
        """(n, m) a bound below what must pass after the end of each layer on each server."""
        ends = np.zeros(self.shape)
        for layer in self.order[::-1]:
            runs = np.where(self.allowed[layer], self.execution_s[layer], np.inf)
            for edge in self.into[layer]:
                source = self.layers.edges[edge, 0]
                onwards = (self.transfer_s[edge] + runs + ends[layer]).min(axis=1)
                ends[source] = np.maximum(ends[source], onwards)
        return ends
