"""A reviewer's questions as paired comparisons."""

from typing import NamedTuple

from ecglib.report.variants import SCHEDULES, Variant

MULTISTAGE, ONE_SHOT, DENSE = Variant("multistage"), Variant("one_shot"), Variant("dense")
GRADUAL = Variant("multistage_one_cycle", schedule="twenty_cubic")  # Zhu & Gupta, arXiv:1710.01878
TWO_STAGES, FOUR_STAGES = (Variant("multistage", schedule=f"{n}_stages") for n in ("two", "four"))
DENSE_GAINS = "Does the dense network gain from training as long?"
IS_BETTER = "Is multistage better than one-shot with equal epochs?"
TUNED = "Is multistage better than one-shot with its best learning rate?"
BEST_ONE_SHOT = "Is multistage better than one-shot with LAMP allocation?"
WITH_GRADIENT = "Is multistage still better than one-shot with the gradient criterion?"
AT_EQUAL_MACS = "Is multistage still better than one-shot with a budget of MACs?"
EVERY_LAYER = "a budget of MACs, alike in every layer"
ALIKE = f"Is multistage still better than one-shot with {EVERY_LAYER}?"
SMALL_DENSE = f"Is multistage with {EVERY_LAYER}, better than a small dense network of equal MACs?"
PER_MAC = MULTISTAGE._replace(criterion="magnitude_per_mac", budget="macs")
PER_MAC_WORDS = "a budget of MACs, by magnitude per MAC"
PER_MAC_ONCE = f"Is multistage still better than one-shot with {PER_MAC_WORDS}?"
PER_MAC_DENSE = (
    f"Is multistage with {PER_MAC_WORDS}, better than a small dense network of equal MACs?"
)


class Question(NamedTuple):
    """`yes` to the text means that a has the higher macro-F1."""

    text: str
    a: Variant
    b: Variant


def _better_than(method: str, words: str) -> Question:
    return Question(f"Is multistage better than {words}?", MULTISTAGE, Variant(method))


def _does_it_hold(words: str, **fields: str) -> Question:
    """Multistage against one-shot, both with other fields than the defaults."""
    text = f"Is multistage still better than one-shot with {words}?"
    return Question(text, MULTISTAGE._replace(**fields), ONE_SHOT._replace(**fields))


def _does_it_help(words: str, **fields: str) -> Question:
    """Multistage with other fields than the defaults against plain multistage."""
    return Question(f"Does {words} help multistage?", MULTISTAGE._replace(**fields), MULTISTAGE)


QUESTIONS = (
    Question(IS_BETTER, MULTISTAGE, ONE_SHOT),
    Question(TUNED, MULTISTAGE, Variant("one_shot_tuned")),
    Question(BEST_ONE_SHOT, MULTISTAGE, ONE_SHOT._replace(allocation="lamp")),
    _better_than("one_shot_restarts", "one-shot with the same learning-rate restarts"),
    Question(
        "Is multistage in one learning-rate cycle better than one-shot?",
        Variant("multistage_one_cycle"),
        ONE_SHOT,
    ),
    Question(
        "Do learning-rate restarts help multistage?", MULTISTAGE, Variant("multistage_one_cycle")
    ),
    Question(
        "Is automated gradual pruning (20 steps, one learning-rate cycle) better than one-shot?",
        GRADUAL,
        ONE_SHOT,
    ),
    Question("Is multistage better than automated gradual pruning?", MULTISTAGE, GRADUAL),
    Question("Is multistage better than the dense network?", MULTISTAGE, DENSE),
    Question(DENSE_GAINS, Variant("dense_longer"), DENSE),
    _better_than("dense_longer", "the dense network trained as long"),
    _better_than("small_dense", "a small dense network of equal weights"),
    Question(
        "Is multistage better than a small dense network of equal MACs?",
        MULTISTAGE._replace(budget="macs"),
        Variant("small_dense", budget="macs"),
    ),
    Question(
        SMALL_DENSE,
        MULTISTAGE._replace(allocation="uniform", budget="macs"),
        Variant("small_dense", budget="macs"),
    ),
    Question(PER_MAC_ONCE, PER_MAC, PER_MAC._replace(method="one_shot")),
    Question(PER_MAC_DENSE, PER_MAC, Variant("small_dense", budget="macs")),
    Question(
        "With a budget of MACs, is magnitude per MAC better than magnitude in multistage?",
        PER_MAC,
        MULTISTAGE._replace(budget="macs"),
    ),
    Question(
        "With a budget of MACs, is magnitude per MAC better than every layer alike in multistage?",
        PER_MAC,
        MULTISTAGE._replace(allocation="uniform", budget="macs"),
    ),
    Question(
        "Is multistage by magnitude per MAC better than AOFP's whole filters at equal MACs?",
        PER_MAC,
        Variant("aofp", budget="macs"),
    ),
    Question(
        "Does magnitude half per MAC help multistage in pairs?",
        MULTISTAGE._replace(criterion="magnitude_half_per_mac", allocation="pairs"),
        MULTISTAGE._replace(allocation="pairs"),
    ),
    Question("Does magnitude beat random masks?", MULTISTAGE, Variant("multistage", "random")),
    _better_than("weight_rewinding", "one-shot with weight rewinding"),
    _better_than(
        "lottery_ticket",
        "the same mask on initial weights, trained for the whole budget (lottery ticket)",
    ),
    _better_than("layerwise_convolutions_first", "layer by layer, convolutions first"),
    _better_than("layerwise_by_sensitivity", "layer by layer, by sensitivity"),
    _better_than("lightning_model_pruning", "Lightning ModelPruning"),
    _better_than("torch_prune", "torch.nn.utils.prune"),
    _better_than("torch_pruning", "structured pruning by Torch-Pruning"),
    Question("Does distillation help one-shot?", Variant("one_shot_distilled"), ONE_SHOT),
    Question("Does distillation help multistage?", Variant("multistage_distilled"), MULTISTAGE),
    _does_it_hold("the gradient criterion", criterion="gradient"),
    _does_it_hold("uniform allocation", allocation="uniform"),
    _does_it_hold("ERK allocation", allocation="erk"),
    _does_it_hold("LAMP allocation", allocation="lamp"),
    _does_it_hold("a budget of MACs", budget="macs"),
    _does_it_hold(EVERY_LAYER, allocation="uniform", budget="macs"),
    _does_it_hold("twice the epochs, in 40 stages", schedule="forty_geometric"),
    Question(
        "Is multistage better than one-shot with twice its epochs?",
        MULTISTAGE,
        ONE_SHOT._replace(schedule="forty_geometric"),
    ),
    _does_it_help("the gradient criterion", criterion="gradient"),
    _does_it_help("uniform allocation", allocation="uniform"),
    _does_it_help("ERK allocation", allocation="erk"),
    _does_it_help("LAMP allocation", allocation="lamp"),
    Question(
        "Are masks in pairs better than masks of single weights?",
        Variant("multistage", allocation="pairs"),
        MULTISTAGE,
    ),
    Question("Are two stages better than one?", TWO_STAGES, ONE_SHOT),
    Question("Are eight stages better than two?", MULTISTAGE, TWO_STAGES),
    Question("Are eight stages better than four?", MULTISTAGE, FOUR_STAGES),
)
SHAPES = {"eight_linear", "eight_cubic", "eight_geometric"}


def of_schedules(run: set[str]) -> list[Question]:
    """One question for each shape of schedule, those that have been run and those that should."""
    run = run - {"none", *(v.schedule for v in (MULTISTAGE, TWO_STAGES, FOUR_STAGES))}
    return [
        _does_it_help(f"the {SCHEDULES.get(s, s.replace('_', ' '))} schedule", schedule=s)
        for s in sorted(run | SHAPES)
    ]
