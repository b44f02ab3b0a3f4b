"""What settings are made of: the words a user may write, frozen and checked sections."""

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ecglib.settings import registry

# AAMI EC57 classes, in the order of every table and of the networks' outputs.
CLASSES = ("N", "S", "V", "F", "Q")

# The words a user may write: the names in the registries.
Model = Annotated[str, AfterValidator(registry.MODELS.word)]
Split = Annotated[str, AfterValidator(registry.SPLITS.word)]
Normalisation = Annotated[str, AfterValidator(registry.NORMALISATIONS.word)]
Criterion = Annotated[str, AfterValidator(registry.CRITERIA.word)]
Allocation = Annotated[str, AfterValidator(registry.ALLOCATIONS.word)]
Budget = Annotated[str, AfterValidator(registry.BUDGETS.word)]  # what a sparsity is a fraction of
TargetSparsity = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Number = Annotated[int, Field(ge=0)]  # how many of something
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class ConfigError(ValueError):
    """A setting is missing, unknown, or of the wrong type or range; the message says which."""


class Section(BaseModel):
    """Frozen, no unknown keys, no silent conversions (`1e-3` in YAML is a string: write 0.001)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


AnySection = TypeVar("AnySection", bound=Section)


def checked(section: type[AnySection], values: Any, where: str) -> AnySection:
    """Validate `values`; ConfigError names `where` they stand and every problem with them."""
    try:
        return section.model_validate(values)
    except ValidationError as error:
        problems = [
            f"  {'.'.join(map(str, e['loc'])) or 'together'}: "
            + ("missing" if e["type"] == "missing" else e["msg"])
            # What is wrong with several sections together would show all of them.
            + (f" (found {e['input']!r})" if e["loc"] and e["type"] != "missing" else "")
            for e in error.errors()
        ]
        raise ConfigError("\n".join([f"wrong settings in {where}:", *problems])) from None
