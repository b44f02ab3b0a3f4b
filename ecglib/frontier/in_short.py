"""What the frontier has found in a few sentences, each number from its tables."""

from collections.abc import Iterator

import pandas as pd

from ecglib.frontier.asked import FAR, FARTHER, MODEL, chosen_short, held
from ecglib.frontier.results import AGAINST, VARIANTS
from ecglib.frontier.words import VERDICTS
from ecglib.report.markdown import points
from ecglib.settings.sections import Published


def in_short(means: pd.DataFrame, short: pd.DataFrame, published: Published) -> str:
    """A list in Markdown; what was not run is left out. Tables as of `asked.asked`."""
    said = [*_far(means), *_cheap(short, published)]
    return "".join(f"- {each}\n" for each in said)


def _far(means: pd.DataFrame) -> Iterator[str]:
    of = means[means["model"].eq(MODEL)]
    for target in (FAR, FARTHER):
        at = of[of["target_sparsity"].eq(target)]
        for _, own in at[at["method"].eq(AGAINST)].iterrows():
            yield (
                f"Without {target:.0%} of its weights {MODEL} has a macro-F1 of "
                f"{100 * own['f1_macro']:.2f} % by second-order pruning within a fit "
                f"({100 * own['f1_macro_least']:.1f} to {100 * own['f1_macro_most']:.1f} over "
                f"{own['seeds']} seeds), with {own['macs_fraction']:.0%} of its MACs."
            )
            rivals = at.dropna(subset=["difference"]).sort_values("f1_macro", ascending=False)
            variants = rivals["method"].isin(VARIANTS)
            for whom, those in (("rivals", rivals[~variants]), ("variants", rivals[variants])):
                each = [
                    f"{row['label']} {points(row)}, {VERDICTS[row['verdict']]}"
                    for _, row in those.iterrows()
                ]
                if each:
                    told = "; ".join(each)
                    yield f"At {target:.0%} it is, in points, against its {whom}: {told}."


def _cheap(short: pd.DataFrame, published: Published) -> Iterator[str]:
    chosen = chosen_short(short, published)
    if chosen.empty:
        return
    mean = chosen.select_dtypes("number").mean()
    found = held(chosen, published)
    yield (
        f"The cheapest network made for the device takes {mean['cycles']:,.0f} cycles a beat, "
        f"{mean['cycles_of_sums']:,.0f} of them for its sums, {mean['energy_uj_high']:.1f} uJ at "
        f"most, {mean['flash_bytes'] / 1024:.1f} KiB of flash and {mean['ram_bytes'] / 1024:.1f} "
        f"KiB of RAM, and has in 8 bits a macro-F1 of {100 * mean['f1_macro']:.2f} % and an "
        f"accuracy of {100 * mean['accuracy']:.2f} % (means of {len(chosen)} seeds). On the mean "
        f"it {'holds' if found['held'] else 'misses'} the published scores; "
        f"{found['seeds_held']} of its {len(chosen)} seeds hold them."
    )
