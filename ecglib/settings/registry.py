"""What can be chosen by name: each choice is registered once, where its function is written.

The registries stand here, below all that use them, and are empty: a module fills them when it is
imported. So the words a user may write, the labels of the report and the fingerprints of the sweep
all come from one entry, and a stage depends on the families that it imports and on no other.
`ecglib.methods.catalogue` imports all of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar


class UnknownName(ValueError, KeyError):
    """A name that nothing is registered under; the message lists those that are."""

    __str__ = ValueError.__str__


@dataclass(frozen=True)
class Choice:
    """A function that can be chosen by name; `label` is what tables and figures call it.

    settings: the places in params.yaml that its result depends on beside those of every run, such
    as `filter_prune.search`.
    """

    name: str
    label: str
    function: Callable
    settings: tuple[str, ...] = ()

    def __call__(self, *arguments, **named):
        """Call the function."""
        return self.function(*arguments, **named)


# What a method may be told beside its schedule and target, and the value where it takes none.
PLAIN = {"criterion": "magnitude", "allocation": "global", "budget": "weights"}


@dataclass(frozen=True)
class Method(Choice):
    """One way to prune: a function from a `methods.trial.Trial` to the networks that it reaches.

    family: the group in which figures show it. stage: the pipeline stage that runs it, which is
    also the name of its notebook and of its section of params.yaml. takes: which of criterion,
    allocation and budget it uses; `only`: name -> the values that it knows of one that it takes.
    staged: it yields a network at every stage, not only at the last.
    """

    family: str = ""
    stage: str = ""
    takes: tuple[str, ...] = tuple(PLAIN)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    staged: bool = False

    def allowed(self, choice: str) -> tuple[str, ...]:
        """The values that a criterion, allocation or budget may have; empty if all may."""
        return self.only.get(choice, () if choice in self.takes else (PLAIN[choice],))

    @property
    def removes_filters(self) -> bool:
        """Whether it removes whole filters: the network becomes smaller, its budget is of MACs."""
        return self.stage == "filter_prune"


Entry = TypeVar("Entry", bound=Choice)


class Registry(Mapping, Generic[Entry]):
    """Name -> entry, in the order in which they were registered; `kind` says of what in errors."""

    def __init__(self, kind: str, entry: type[Entry] = Choice) -> None:
        self.kind, self.entry = kind, entry
        self._entries: dict[str, Entry] = {}

    def register(self, label: str, *, name: str = "", **fields) -> Callable[[Callable], Callable]:
        """A decorator that enters a function, by its own name unless another is given.

        Raises:
            ValueError: the name is taken.
        """

        def enter(function: Callable) -> Callable:
            entry = self.entry(name or function.__name__, label, function, **fields)
            if entry.name in self._entries:
                raise ValueError(f"{self.kind} {entry.name!r} is registered twice")
            self._entries[entry.name] = entry
            return function

        return enter

    def __getitem__(self, name: str) -> Entry:
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(self)
            raise UnknownName(f"unknown {self.kind} {name!r}; one of {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def word(self, name: str) -> str:
        """The name; ValueError if it is none. Where no module of the kind is loaded, any will do.

        `make repro` checks the words of params.yaml against all of them before it begins.
        """
        if self:
            self[name]
        return name

    def remove(self, name: str) -> None:
        """Take an entry out, as a test does that registered one."""
        del self._entries[name]


MODELS: Registry[Choice] = Registry("model")
SPLITS: Registry[Choice] = Registry("split")
NORMALISATIONS: Registry[Choice] = Registry("normalisation")
CRITERIA: Registry[Choice] = Registry("criterion")
ALLOCATIONS: Registry[Choice] = Registry("allocation")
BUDGETS: Registry[Choice] = Registry("budget")
METHODS: Registry[Method] = Registry("method", Method)


def method_of(stage: str) -> Callable[[str], str]:
    """A check of a word: the name of a method that this stage runs, see `Registry.word`."""

    def word(name: str) -> str:
        known = [method.name for method in METHODS.values() if method.stage == stage]
        if known and name not in known:
            raise ValueError(f"unknown method {name!r} of {stage}; one of {', '.join(known)}")
        return name

    return word
