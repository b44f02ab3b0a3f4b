"""A reviewer's questions as paired comparisons: text -> (a, b); `yes` says that a scores higher."""

from ecglib.report.variants import SCHEDULES, Variant

Questions = dict[str, tuple[Variant, Variant]]
MULTISTAGE, ONE_SHOT, DENSE = Variant("multistage"), Variant("one_shot"), Variant("dense")
ONE_CYCLE, LONGER = Variant("multistage_one_cycle"), Variant("dense_longer")
GRADUAL = Variant("multistage_one_cycle", schedule="twenty_cubic")  # Zhu & Gupta, arXiv:1710.01878
TWO_STAGES, FOUR_STAGES = (Variant("multistage", schedule=f"{n}_stages") for n in ("two", "four"))
TWICE_ONCE = ONE_SHOT._replace(schedule="forty_geometric")
PAIRS = MULTISTAGE._replace(allocation="pairs")
HALF_PER_MAC = PAIRS._replace(criterion="magnitude_half_per_mac")
ON_MACS = MULTISTAGE._replace(budget="macs")
EVERY_LAYER = ON_MACS._replace(allocation="uniform")
PER_MAC = ON_MACS._replace(criterion="magnitude_per_mac")
SMALL_ON_MACS, FILTERS = Variant("small_dense", budget="macs"), Variant("aofp", budget="macs")

IS_BETTER = "Is multistage better than one-shot with equal epochs?"
TUNED = "Is multistage better than one-shot with its best learning rate?"
BEST_ONE_SHOT = "Is multistage better than one-shot with LAMP allocation?"
AT_EQUAL_MACS = "Is multistage still better than one-shot with a budget of MACs?"
SMALLER = "better than a small dense network of equal MACs?"
THAN_FILTERS = "Is multistage by magnitude per MAC better than AOFP's whole filters at equal MACs?"
LAYERS = "a budget of MACs, alike in every layer"
BY_MAC = "a budget of MACs, by magnitude per MAC"
THAN_SMALL = f"Is multistage with {BY_MAC}, {SMALLER}"
AGP = "automated gradual pruning"
THAN_MAGNITUDE = "With a budget of MACs, is magnitude per MAC better than"


def _better_than(**words: str) -> Questions:
    """Method -> words for it: multistage against each."""
    better = "Is multistage better than"
    return {f"{better} {of}?": (MULTISTAGE, Variant(rival)) for rival, of in words.items()}


def _does_it_hold(words: str, **fields: str) -> Questions:
    """Multistage against one-shot, both with other fields than the defaults."""
    text = f"Is multistage still better than one-shot with {words}?"
    return {text: (MULTISTAGE._replace(**fields), ONE_SHOT._replace(**fields))}


def _does_it_help(words: str, **fields: str) -> Questions:
    """Multistage with other fields than the defaults against plain multistage."""
    return {f"Does {words} help multistage?": (MULTISTAGE._replace(**fields), MULTISTAGE)}


QUESTIONS: Questions = {
    IS_BETTER: (MULTISTAGE, ONE_SHOT),
    TUNED: (MULTISTAGE, Variant("one_shot_tuned")),
    BEST_ONE_SHOT: (MULTISTAGE, ONE_SHOT._replace(allocation="lamp")),
    **_better_than(one_shot_restarts="one-shot with the same learning-rate restarts"),
    "Is multistage in one learning-rate cycle better than one-shot?": (ONE_CYCLE, ONE_SHOT),
    "Do learning-rate restarts help multistage?": (MULTISTAGE, ONE_CYCLE),
    f"Is {AGP} (20 steps, one learning-rate cycle) better than one-shot?": (GRADUAL, ONE_SHOT),
    f"Is multistage better than {AGP}?": (MULTISTAGE, GRADUAL),
    "Is multistage better than the dense network?": (MULTISTAGE, DENSE),
    "Does the dense network gain from training as long?": (LONGER, DENSE),
    **_better_than(
        dense_longer="the dense network trained as long",
        small_dense="a small dense network of equal weights",
    ),
    f"Is multistage {SMALLER}": (ON_MACS, SMALL_ON_MACS),
    f"Is multistage with {LAYERS}, {SMALLER}": (EVERY_LAYER, SMALL_ON_MACS),
    **_does_it_hold(BY_MAC, criterion="magnitude_per_mac", budget="macs"),
    THAN_SMALL: (PER_MAC, SMALL_ON_MACS),
    f"{THAN_MAGNITUDE} magnitude in multistage?": (PER_MAC, ON_MACS),
    f"{THAN_MAGNITUDE} every layer alike in multistage?": (PER_MAC, EVERY_LAYER),
    THAN_FILTERS: (PER_MAC, FILTERS),
    "Does magnitude half per MAC help multistage in pairs?": (HALF_PER_MAC, PAIRS),
    "Does magnitude beat random masks?": (MULTISTAGE, MULTISTAGE._replace(criterion="random")),
    **_better_than(
        weight_rewinding="one-shot with weight rewinding",
        lottery_ticket="the same mask on initial weights, trained for the whole budget (lottery "
        "ticket)",
        layerwise_convolutions_first="layer by layer, convolutions first",
        layerwise_by_sensitivity="layer by layer, by sensitivity",
        lightning_model_pruning="Lightning ModelPruning",
        torch_prune="torch.nn.utils.prune",
        torch_pruning="structured pruning by Torch-Pruning",
    ),
    "Does distillation help one-shot?": (Variant("one_shot_distilled"), ONE_SHOT),
    "Does distillation help multistage?": (Variant("multistage_distilled"), MULTISTAGE),
    **_does_it_hold("the gradient criterion", criterion="gradient"),
    **_does_it_hold("uniform allocation", allocation="uniform"),
    **_does_it_hold("ERK allocation", allocation="erk"),
    **_does_it_hold("LAMP allocation", allocation="lamp"),
    **_does_it_hold("a budget of MACs", budget="macs"),
    **_does_it_hold(LAYERS, allocation="uniform", budget="macs"),
    **_does_it_hold("twice the epochs, in 40 stages", schedule="forty_geometric"),
    "Is multistage better than one-shot with twice its epochs?": (MULTISTAGE, TWICE_ONCE),
    **_does_it_help("the gradient criterion", criterion="gradient"),
    **_does_it_help("uniform allocation", allocation="uniform"),
    **_does_it_help("ERK allocation", allocation="erk"),
    **_does_it_help("LAMP allocation", allocation="lamp"),
    "Are masks in pairs better than masks of single weights?": (PAIRS, MULTISTAGE),
    "Are two stages better than one?": (TWO_STAGES, ONE_SHOT),
    "Are eight stages better than two?": (MULTISTAGE, TWO_STAGES),
    "Are eight stages better than four?": (MULTISTAGE, FOUR_STAGES),
}
SHAPES = {"eight_linear", "eight_cubic", "eight_geometric"}


def of_schedules(run: set[str]) -> Questions:
    """One question for each shape of schedule, those that have been run and those that should."""
    run = run - {"none", *(v.schedule for v in (MULTISTAGE, TWO_STAGES, FOUR_STAGES))}
    found = {}
    for name in sorted(run | SHAPES):
        words = SCHEDULES.get(name, name.replace("_", " "))
        found |= _does_it_help(f"the {words} schedule", schedule=name)
    return found
