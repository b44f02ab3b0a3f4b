"""What settings are made of: the words a user may write, frozen and checked sections."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# AAMI EC57 classes, in the order of every table and of the networks' outputs.
CLASSES = ("N", "S", "V", "F", "Q")

# The words a user may write; tests hold them against the registries that give them meaning.
Model = Literal["acharya2017", "kachuee2018", "rhythm_cnn"]
Split = Literal["intra", "inter"]
Normalisation = Literal["beat", "record", "patient"]
Criterion = Literal[
    "magnitude", "magnitude_per_mac", "magnitude_half_per_mac", "gradient", "random"
]
Allocation = Literal["global", "uniform", "erk", "lamp", "pairs"]
Budget = Literal["weights", "macs"]  # what a target sparsity is a fraction of
Shape = Literal["linear", "cubic", "geometric"]
OneShotMethod = Literal[
    "one_shot",
    "one_shot_tuned",
    "one_shot_restarts",
    "one_shot_distilled",
    "small_dense",
]
MultistageMethod = Literal[
    "multistage",
    "multistage_distilled",
    "multistage_one_cycle",
    "weight_rewinding",
    "lottery_ticket",
    "layerwise_convolutions_first",
    "layerwise_by_sensitivity",
    "dense_longer",
    "torch_prune",
    "lightning_model_pruning",
    "torch_pruning",
]
FilterMethod = Literal[
    "aofp",
    "aofp_multistage",
    "aofp_in_blocks",
    "oracle_filter",
    "taylor_filter",
    "taylor_filter_multistage",
    "l1_filter",
    "l1_filter_in_blocks",
    "geometric_median_filter",
    "random_filter",
    "dependency_graph",
]
TargetSparsity = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
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
            f"  {'.'.join(map(str, e['loc']))}: {e['msg']} (found {e['input']!r})"
            if e["type"] != "missing"
            else f"  {'.'.join(map(str, e['loc']))}: missing"
            for e in error.errors()
        ]
        raise ConfigError("\n".join([f"wrong settings in {where}:", *problems])) from None
