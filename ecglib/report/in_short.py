"""The study's answer in short: at most eight sentences and one small table, from its tables."""

from collections.abc import Callable, Iterable

import pandas as pd

from ecglib.report import devices, questions
from ecglib.report.markdown import goal, points, removed, to_markdown
from ecglib.report.resampling import NO, OPEN, YES, verdict_of
from ecglib.settings.sections import Published

HIGH = (0.9, 0.95)  # sparsities at which the gain of stages is told beside the published one
VERDICTS = {YES: "ahead", OPEN: "not settled", NO: "behind"}
VERBS = {YES: "beats", OPEN: "shows no settled gain over", NO: "loses to"}
RIVALS = {  # question -> what pruning in stages is held against
    questions.IS_BETTER: "pruning once",
    questions.TUNED: "pruning once at its best learning rate",
    questions.BEST_ONE_SHOT: "pruning once that spares small layers (LAMP)",
    questions.AT_EQUAL_MACS: "pruning once on the same budget of MACs",
    questions.THAN_SMALL: "a narrower network from scratch (stages by magnitude per MAC)",
    questions.THAN_FILTERS: "whole filters by AOFP (stages by magnitude per MAC)",
}
BETTER_RIVALS = (questions.BEST_ONE_SHOT, questions.AT_EQUAL_MACS)
SIMPLE_FILTERS = ("L1, filters, MACs budget", "random filters, MACs budget")


def in_short(
    answers: pd.DataFrame,
    goals: pd.DataFrame,
    compared: pd.DataFrame,
    inter: pd.DataFrame,
    saved: pd.DataFrame,
    published: Published,
) -> str:
    """Markdown: a list of sentences and a table; what was not run is left out.

    The tables are those of `answering.answers`, `limits.goals`, `filters.at_equal_macs`,
    `interpatient.inter_table` and `devices.savings`, the study's split alone; each may be empty.
    """
    gaps = _gaps(answers, published)
    sentences = [*_of_stages(gaps, published), *_how_small(goals), *_whole_filters(compared)]
    sentences += [*_unseen_patients(inter), *_on_the_device(saved, published)]
    rows = [
        {
            "pruning in stages against": row["rival"],
            "removed": removed(row),
            "MACs left, both": f"{row['macs_fraction_a']:.0%}, {row['macs_fraction_b']:.0%}",
            "macro-F1, both": f"{100 * row['f1_macro_a']:.1f}, {100 * row['f1_macro_b']:.1f}",
            "difference (95 % interval)": points(row),
            "stages are": VERDICTS[row["verdict"]],
        }
        for _, row in gaps.iterrows()
    ]
    return "".join(f"- {sentence}\n" for sentence in sentences) + f"\n{to_markdown(rows)}"


def _gaps(answers: pd.DataFrame, published: Published) -> pd.DataFrame:
    """The answers that are told, with the column rival; of most the highest target."""
    rows = answers[answers["question"].isin(RIVALS) & answers["verdict"].isin(VERDICTS)]
    plain = rows["question"] == questions.IS_BETTER
    highest = rows.groupby("question")["target_sparsity"].transform("max")
    told = rows["target_sparsity"].isin([published.sparsity, *HIGH])
    rows = rows[told.where(plain, rows["target_sparsity"] == highest)]
    rows = rows.sort_values("question", key=lambda of: of.map(list(RIVALS).index), kind="stable")
    return rows.assign(rival=rows["question"].map(RIVALS))


def claim(row: pd.Series, published: Published) -> str:
    """What staging adds at the published sparsity, from difference, low and high."""
    verb = VERBS[verdict_of(row["low"], row["high"])]
    return (
        f"At {published.sparsity:.0%} sparsity pruning in stages {verb} pruning once: "
        f"{points(row)} points of macro-F1, where the paper reports {100 * published.f1_gain:+.0f}."
    )


def _of_stages(gaps: pd.DataFrame, published: Published) -> Iterable[str]:
    plain = gaps[gaps["question"] == questions.IS_BETTER]
    at = plain["target_sparsity"] == published.sparsity
    high, better = plain[~at], gaps[gaps["question"].isin(BETTER_RIVALS)]
    yield from (claim(row, published) for _, row in plain[at].iterrows())
    parts = [
        f"{VERBS[verdict]} pruning once: "
        + _each(rows, lambda row: f"{points(row)} points at {removed(row)}")
        for verdict, rows in high.groupby("verdict", sort=False)
    ]
    if parts:
        yield f"With more removed it {'; it '.join(parts)}."
    if high["verdict"].eq(YES).any() and len(better):
        lasts = better["difference"].max() >= high["difference"].min()
        yield (
            f"The gain {'lasts' if lasts else 'shrinks'} against better rivals: "
            f"{_each(better, _against)}."
        )


def _against(row: pd.Series) -> str:
    settled = " (not settled)" if row["verdict"] == OPEN else ""
    gap = f"{100 * row['difference']:+.1f} points{settled}"
    return f"{gap} at {removed(row)} against {row['rival']}"


def _how_small(goals: pd.DataFrame) -> Iterable[str]:
    chosen = goals[goals["who"] == "best"]
    parts = [
        f"{'hold' if held else 'are missed'} with "
        + _each(rows, lambda row: f"{goal(row)} ({row['seeds_held']} of {row['seeds']} seeds)")
        for held, rows in chosen.groupby("held", sort=False)
    ]
    if parts:
        yield f"On the mean of the seeds the published scores {', and '.join(parts)}."


def _whole_filters(compared: pd.DataFrame) -> Iterable[str]:
    rows = compared[compared["variant"].isin(SIMPLE_FILTERS)]
    if len(rows):
        gaps = 100 * rows[["aofp_less", "aofp_less_low", "aofp_less_high"]]
        counts = pd.Series([verdict_of(*of[2:]) for of in gaps.itertuples()]).value_counts()
        each = " and ".join(f"{VERBS[of]} L1 or random ones in {n}" for of, n in counts.items())
        yield (
            f"Searching for whole filters (AOFP) {each} of {len(gaps)} comparisons at equal MACs "
            f"({gaps['aofp_less'].min():+.1f} to {gaps['aofp_less'].max():+.1f} points)."
        )


def _unseen_patients(inter: pd.DataFrame) -> Iterable[str]:
    dense = inter[inter["variant"] == "dense"]
    if len(dense):
        values = dense.pivot(index="network", columns="reading", values="value")
        each = _each(values, lambda row: f"{row['accuracy']:.1%} ({row.name})")
        best = values.loc[values["accuracy"].idxmax()]
        yield (
            f"The dense networks reach {each} accuracy on unseen patients, and calling every beat "
            f"normal reaches {dense['normal_share'].iloc[0]:.1%}."
        )
        yield (
            f"The best of them, {best.name}, has F1 {100 * best['f1_VEB']:.0f} on ventricular and "
            f"{100 * best['f1_SVEB']:.0f} on supraventricular ectopic beats."
        )


def _on_the_device(saved: pd.DataFrame, published: Published) -> Iterable[str]:
    holding = devices.holding(saved, published) if len(saved) else saved
    for _, row in holding.head(1).iterrows():
        flash, ram = row[["flash_total_bytes", "ram_bytes"]] / 1024
        held = row["accuracy_int8"] >= published.accuracy and row["f1_macro_int8"] >= published.f1
        series = row["series"].removesuffix(", MACs budget")
        yield (
            "The cheapest network that holds the published F1 on validation beats takes "
            f"{row['cycles_p2']:,.0f} cycles a beat on an emulated Cortex-M4, "
            f"{1 - row['cycles_saved']:.0%} of its dense network's, {flash:.1f} KiB of flash and "
            f"{ram:.1f} KiB of RAM ({row['model']}, {series}, {removed(row)}), and "
            f"{'holds' if held else 'misses'} the published scores on test beats."
        )


def _each(rows: pd.DataFrame, words: Callable[[pd.Series], str]) -> str:
    """The rows in words, as a list in a sentence."""
    *most, last = [words(row) for _, row in rows.iterrows()]
    return f"{', '.join(most)} and {last}" if most else last
