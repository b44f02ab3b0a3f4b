"""Figures of offloading: gaps by budget, times to a solution, and what helps.

Methods and instances are columns of words, as a legend shows them; the order of rows is its order.
"""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000")
MARKERS = "os^DvPX*"
BAND = "#bbbbbb"
LEAST = 1e-4  # gaps below are drawn there: nothing is zero on a logarithmic axis
FEW = 100  # evaluations: below, a method draws nothing
ALL_LATE = 200.0  # where what is always late is drawn


def gaps(table: pd.DataFrame) -> Figure:
    """The gap to the optimum by budget: a column an instance, a row a deadline, a line a method.

    table: instance (words), deadline_factor, method (words), evaluations, gap (of those in time),
    late and runs (how many). A hollow mark: some were late; at the top: all were.
    """
    instances, factors, methods = (
        list(dict.fromkeys(table[name])) for name in ("instance", "deadline_factor", "method")
    )
    figure, axes = plt.subplots(
        len(factors),
        len(instances),
        figsize=(2.1 * len(instances) + 1.6, 2.1 * len(factors) + 1.1),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for column, instance in enumerate(instances):
        axes[0, column].set_title(instance, fontsize="small")
        for row, factor in enumerate(factors):
            axis = axes[row, column]
            of = table[table["instance"].eq(instance) & table["deadline_factor"].eq(factor)]
            axis.axhspan(LEAST / 2, 0.01, color=BAND, alpha=0.3, lw=0)
            for n, method in enumerate(methods):
                _gap_line(axis, of[of["method"] == method], n, method)
            axis.set(xscale="log", yscale="log", ylim=(LEAST / 2, 2 * ALL_LATE))
            axis.xaxis.set_minor_locator(NullLocator())
            axis.yaxis.set_minor_locator(NullLocator())
            axis.set_yticks([LEAST, 0.01, 1, ALL_LATE], ["0", "1 %", "100 %", "late"])
    budgets = sorted(table.loc[table["evaluations"] >= FEW, "evaluations"].unique())
    for axis in axes[-1]:
        axis.set_xticks(budgets, [f"{n / 1000:g}" for n in budgets])
    for row, factor in enumerate(factors):
        axes[row, 0].set_ylabel(f"gap\n{factor:g} x HEFT's time", fontsize="small")
    axes[-1, len(instances) // 2].set_xlabel("Evaluations (thousands)")
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=len(methods), fontsize="small")
    return figure


def _gap_line(axis, of: pd.DataFrame, n: int, method: str) -> None:
    of = of.sort_values("evaluations")
    fixed = (of["evaluations"] < FEW).all()  # draws nothing: the same whatever the budget
    of = of[of["gap"].notna() | of["late"].eq(of["runs"])]  # else there is not even a bound
    gap = of["gap"].clip(lower=LEAST).fillna(ALL_LATE)
    look = {"color": COLOURS[n % len(COLOURS)], "zorder": 9 - n}
    marker = MARKERS[n % len(MARKERS)]
    if fixed:
        for value in gap[:1]:
            axis.axhline(value, lw=1.1, ls=":", label=method, **look)
        return
    axis.plot(
        *(of["evaluations"], gap),
        **({"marker": marker, "ms": 4, "lw": 1.1 if n else 2.2, "label": method} | look),
    )
    some = (of["late"] > 0).to_numpy()
    axis.plot(of["evaluations"][some], gap[some], marker, ms=4, mfc="white", **look)


def times(table: pd.DataFrame) -> Figure:
    """Seconds to a solution: a row an instance and deadline, a mark a method.

    table: instance (words, with the deadline), method (words), seconds.
    """
    instances, methods = (list(dict.fromkeys(table[name])) for name in ("instance", "method"))
    place = {name: len(instances) - n for n, name in enumerate(instances)}
    figure, axis = plt.subplots(figsize=(9, 0.27 * len(instances) + 1.4))
    for n, method in enumerate(methods):
        of = table[table["method"] == method]
        axis.plot(
            of["seconds"],
            of["instance"].map(place),
            MARKERS[n % len(COLOURS)],
            color=COLOURS[n % len(COLOURS)],
            ms=7,
            label=method,
        )
    axis.set_yticks(list(place.values()), list(place), fontsize="small")
    axis.set(xscale="log", xlabel="Seconds of one core")
    axis.legend(fontsize="small", loc="best")
    return figure


def ablation(table: pd.DataFrame) -> Figure:
    """Gaps of every search, a row a method, with their medians; table: method, instance, gap."""
    methods, instances = (list(dict.fromkeys(table[name])) for name in ("method", "instance"))
    figure, axis = plt.subplots(figsize=(9, 0.6 * len(methods) + 1.3))
    for n, instance in enumerate(instances):
        of = table[table["instance"] == instance]
        place = of["method"].map({name: len(methods) - k for k, name in enumerate(methods)})
        shift = (n - (len(instances) - 1) / 2) * 0.7 / len(instances)
        axis.plot(
            of["gap"].clip(lower=LEAST),
            place + shift,
            MARKERS[n % len(COLOURS)],
            color=COLOURS[n % len(COLOURS)],
            alpha=0.45,
            ms=5,
            lw=0,
            label=instance,
        )
    axis.set_yticks(range(len(methods), 0, -1), methods)
    axis.set(xscale="log", xlabel="Cost above the cheapest that is known")
    axis.xaxis.set_major_formatter(FuncFormatter(_percent))
    axis.axvspan(LEAST / 2, 0.01, color=BAND, alpha=0.3, lw=0)
    axis.set_xlim(LEAST / 2)
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
    return figure


def _percent(value: float, _: int) -> str:
    return "0" if value <= LEAST else f"{100 * value:g} %"
