"""params.yaml as frozen and type-checked settings."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Discriminator, Field, Tag, model_validator

from ecglib import paths
from ecglib.settings import yaml_file
from ecglib.settings.pruning import (
    Distillation,
    FilterPrune,
    MultistagePrune,
    OneShotPrune,
    ShapedSchedule,
    StageSettings,
)
from ecglib.settings.schedules import Stage, shaped
from ecglib.settings.sections import (
    Baseline,
    Data,
    OnDeviceEstimate,
    Results,
    Study,
    Sweep,
    Training,
)
from ecglib.settings.words import AnySection, ConfigError, Count, Section, Split, checked

WITHOUT_SECTION = {"sweep_results", "front_page"}  # stages of the main study that have none


class Settings(Section):
    """The whole of params.yaml."""

    study: Study
    data: Data
    training: dict[Split, Training]
    baseline: Baseline
    distillation: Distillation
    scoring_beats: Count  # of the training beats, for the criteria that need some
    schedules: dict[
        str,
        Annotated[
            Annotated[ShapedSchedule, Tag("shaped")]
            | Annotated[list[StageSettings], Field(min_length=1), Tag("stages")],
            Discriminator(lambda value: "stages" if isinstance(value, list) else "shaped"),
        ],
    ]
    multistage_prune: MultistagePrune
    one_shot_prune: OneShotPrune
    filter_prune: FilterPrune
    on_device_estimate: OnDeviceEstimate
    sweep: Sweep
    results: Results

    @model_validator(mode="after")
    def _names_exist(self) -> "Settings":
        if self.study.model not in self.data.windows:
            raise ValueError(f"data.windows has no window for {self.study.model}")
        if self.study.split not in self.training:
            raise ValueError(f"training has no settings for the split {self.study.split}")
        for section in ("multistage_prune", "filter_prune"):
            schedule = getattr(self, section).schedule
            if schedule not in self.schedules:
                raise ValueError(f"{section}.schedule {schedule!r} is not under schedules")
        return self

    @model_validator(mode="after")
    def _sparsities_meet(self) -> "Settings":
        """What is compared must be reached: found here, not after the training."""
        for name in self.schedules:
            rising = [stage.sparsity for stage in self.stages(name)]
            if rising != sorted(set(rising)):
                raise ValueError(f"the sparsities of schedule {name} do not rise: {rising}")
        for section in ("filter_prune", "multistage_prune"):
            target, last = getattr(self, section).target_sparsity, self._sparsities_of(section)[-1]
            if target > last:
                raise ValueError(
                    f"{section}.target_sparsity {target} lies beyond its schedule's {last}"
                )
        target = self.multistage_prune.target_sparsity
        stages = self._sparsities_of("multistage_prune")
        reached = {sparsity for sparsity in stages if sparsity < target} | {target}
        one_shot, published = set(self.one_shot_prune.targets), self.results.published.sparsity
        if missed := sorted(one_shot - reached):
            raise ValueError(f"one_shot_prune.targets that multistage never reaches: {missed}")
        if published not in one_shot:
            raise ValueError(f"one_shot_prune.targets lack the published sparsity {published}")
        return self

    def _sparsities_of(self, section: str) -> list[float]:
        return [stage.sparsity for stage in self.stages(getattr(self, section).schedule)]

    def stages(self, name: str) -> list[Stage]:
        """The stages of a schedule, written out; ConfigError if there is none of that name."""
        if name not in self.schedules:
            raise ConfigError(f"unknown schedule {name!r}; one of {', '.join(self.schedules)}")
        schedule = self.schedules[name]
        if isinstance(schedule, ShapedSchedule):
            return shaped(schedule.shape, schedule.stages, schedule.sparsity, schedule.epochs)
        return [Stage(stage.sparsity, stage.epochs) for stage in schedule]


def load(path: Path = paths.PARAMS) -> Settings:
    """Read params.yaml; ConfigError names the file, the key and what is wrong with it.

    Sections of further systems are left to these, see `section`.
    """
    others = _stages() - Settings.model_fields.keys() - WITHOUT_SECTION
    values = {name: value for name, value in yaml_file.read(path).items() if name not in others}
    return checked(Settings, values, str(path))


def section(name: str, of: type[AnySection], path: Path = paths.PARAMS) -> AnySection:
    """The section of a system that has a stage of its own and is no part of the main study.

    The system's room holds the class `of`: so a further system changes no file that the main
    study's stages depend on. ConfigError as in `load`, also where the section is missing.
    """
    values = yaml_file.read(path)
    if name not in values:
        raise ConfigError(f"{path} has no section {name!r}")
    return checked(of, values[name], f"{path}, {name}")


def _stages() -> set[str]:
    """The stages of the pipeline: what a section of params.yaml may be called."""
    pipeline = paths.ROOT / "dvc.yaml"
    return set(yaml_file.read(pipeline)["stages"]) if pipeline.is_file() else set()


@lru_cache
def settings() -> Settings:
    """params.yaml, read once."""
    return load()
