"""The study in short: its wording follows the verdicts, and it stays short."""

import re

import pandas as pd
import pytest
from synthetic_sweep import DENSE, sweep

from ecglib.report import answering, filters, in_short, interpatient, limits, questions
from ecglib.report.variants import Variant
from ecglib.settings.sections import Published

PUBLISHED = Published(
    sparsity=0.6, accuracy=0.97, f1=0.93, accuracy_gain=0.03, f1_gain=0.09, complexity_reduction=0.6
)
MULTISTAGE, ONE_SHOT = Variant("multistage"), Variant("one_shot")
RIGHT = {  # every side of every question that is told, and some beside them
    (DENSE, 0.0): 0.99,
    **{(MULTISTAGE, at): 0.985 for at in (0.6, 0.8, 0.9, 0.95)},
    **{(ONE_SHOT, at): right for at, right in ((0.6, 0.985), (0.8, 0.95), (0.9, 0.9), (0.95, 0.8))},
    **{(Variant("one_shot_tuned"), at): 0.93 for at in (0.6, 0.9)},
    (ONE_SHOT._replace(allocation="lamp"), 0.9): 0.985,
    (questions.ON_MACS, 0.75): 0.97,
    (ONE_SHOT._replace(budget="macs"), 0.75): 0.97,
    **{(questions.PER_MAC, at): 0.95 for at in (0.6, 0.9)},
    **{(questions.SMALL_ON_MACS, at): 0.96 for at in (0.6, 0.9)},
    **{(questions.FILTERS, at): 0.97 for at in (0.6, 0.9)},
}


def compared(low: float, high: float, rivals=in_short.SIMPLE_FILTERS) -> pd.DataFrame:
    """AOFP less each rival, as `filters.at_equal_macs` has it."""
    gap = {"aofp_less": (low + high) / 2, "aofp_less_low": low, "aofp_less_high": high}
    return pd.DataFrame([{"target": 0.6, "variant": of} | gap for of in (*rivals, filters.AOFP)])


def saved(**changed) -> pd.DataFrame:
    """Rows of `devices.savings`: dense, a cheap network that scores too low, one that holds."""
    row = {"split": "intra", "model": "toy", "series": "AOFP, MACs budget", "budget": "macs"}
    row |= {"target_sparsity": 0.8, "cycles_p2": 40_123.4, "cycles_saved": 0.7}
    row |= {"flash_total_bytes": 11.5 * 1024, "ram_bytes": 2048, "seeds": 3}
    row |= {"accuracy_int8": 0.98, "f1_macro_int8": 0.95, "f1_macro_validation_int8": 0.94}
    dense = row | {"series": "dense", "budget": "weights", "target_sparsity": 0.0, "cycles_p2": 9.0}
    cheap = row | {"cycles_p2": 100.0, "f1_macro_validation_int8": 0.5}
    return pd.DataFrame([dense, cheap, row | changed])


@pytest.fixture(scope="module")
def tables() -> dict:
    networks, confusions = sweep(RIGHT, seeds=range(3))
    apart = {f"net{n}": sweep({(DENSE, 0.0): 0.8 + n / 10}, range(2)) for n in range(2)}
    inter = [
        interpatient.inter_table(*of, [0.6], 20).assign(network=net) for net, of in apart.items()
    ]
    return {
        "answers": answering.answers(networks, confusions, [0.6, 0.8, 0.9, 0.95], 200),
        "goals": limits.goals(networks, confusions, PUBLISHED, 20),
        "compared": compared(-0.02, 0.01),
        "inter": pd.concat(inter),
        "saved": saved(),
        "published": PUBLISHED,
    }


def told(tables, **changed) -> tuple[list[str], list[str]]:
    """Sentences and rows of the table."""
    lines = in_short.in_short(**tables | changed).splitlines()
    sentences = [line for line in lines if line.startswith("- ")]
    rows = [line for line in lines if line.startswith("| ")][2:]
    assert len(sentences) + len(rows) + 2 * bool(rows) == len([line for line in lines if line])
    return sentences, rows


def test_it_has_at_most_eight_sentences_and_eight_rows(tables):
    sentences, rows = told(tables)
    assert len(sentences) == 8 and len(rows) == 8
    assert all(re.fullmatch(r"- [A-Z].*\.", sentence) for sentence in sentences)
    assert len({row.count("|") for row in rows}) == 1


@pytest.mark.parametrize(
    ("low", "high", "verdict", "verb", "word"),
    [
        (0.01, 0.03, "yes", "beats", "ahead"),
        (-0.01, 0.03, "not settled", "shows no settled gain over", "not settled"),
        (-0.03, -0.01, "no", "loses to", "behind"),
    ],
)
def test_the_verb_follows_the_verdict(tables, low, high, verdict, verb, word):
    gap = {"difference": (low + high) / 2, "low": low, "high": high, "verdict": verdict}
    sentences, rows = told(tables, answers=tables["answers"].assign(**gap))
    numbers = f"{50 * (low + high):+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
    claim = f"- At 60% sparsity pruning in stages {verb} pruning once: {numbers} points of macro-F1"
    assert sentences[0] == f"{claim}, where the paper reports +9."
    assert sentences[1].startswith(f"- With more removed it {verb} pruning once: {numbers} points")
    assert all(row.endswith(f"| {numbers} | {word} |") for row in rows)
    assert any("The gain lasts against better rivals" in of for of in sentences) == (low > 0)
    sentences, _ = told(tables, compared=compared(low, high))
    assert any(f"(AOFP) {verb} L1 or random ones in 2 of 2 comparisons" in of for of in sentences)


def test_the_gain_shrinks_where_better_rivals_come_nearer(tables):
    sentences, _ = told(tables)
    (gain,) = [of for of in sentences if "better rivals" in of]
    assert gain.startswith("- The gain shrinks against better rivals: ")
    assert "points (not settled) at 90% against pruning once that spares small layers" in gain
    assert "at 75% fewer MACs against pruning once on the same budget of MACs" in gain


def test_verdicts_that_differ_are_told_apart(tables):
    answers = tables["answers"].copy()
    at_90 = answers["question"].eq(questions.IS_BETTER) & answers["target_sparsity"].eq(0.9)
    answers.loc[at_90, ["difference", "low", "high", "verdict"]] = [0.0, -0.01, 0.01, "not settled"]
    sentences, _ = told(tables, answers=answers)
    first, second = sentences[1].split("; it ")
    assert "shows no settled gain over pruning once: +0.0" in first and "at 90%" in first
    assert second.startswith("beats pruning once: +") and second.endswith("at 95%.")
    both = pd.concat([compared(0.01, 0.02), compared(-0.01, 0.02), compared(-0.03, 0.02)])
    sentences, _ = told(tables, compared=both)
    words = (
        "shows no settled gain over L1 or random ones in 4 and beats L1 or random ones in 2 of 6"
    )
    assert any(words in of for of in sentences)


def test_goals_are_told_as_held_or_missed(tables):
    goals = tables["goals"]
    for held, words in ((True, "hold with 92% of the"), (False, "are missed with 92% of the")):
        sentences, _ = told(tables, goals=goals.assign(held=held))
        assert any(f"the published scores {words} weights removed (" in of for of in sentences)
    mixed = goals.assign(held=goals["bounded"] == "sparsity", seeds_held=2)
    sentences, _ = told(tables, goals=mixed)
    assert any("and are missed with 25% of the MACs left (2 of 3 seeds)." in of for of in sentences)


def test_unseen_patients_are_told_beside_an_answer_that_is_always_normal(tables):
    sentences, _ = told(tables)
    dense = tables["inter"][tables["inter"]["reading"] == "accuracy"].set_index("network")
    first, second = (dense.loc[net, "value"] for net in ("net0", "net1"))
    words = (
        f"The dense networks reach {first:.1%} (net0) and {second:.1%} (net1) accuracy on unseen"
    )
    (line,) = [of for of in sentences if words in of]
    assert line.endswith(f"reaches {dense['normal_share'].iloc[0]:.1%}.")
    assert any(of.startswith("- The best of them, net1, has F1 ") for of in sentences)


def test_the_device_is_told_of_by_the_cheapest_network_that_validation_says_holds(tables):
    words = (
        "takes 40,123 cycles a beat on an emulated Cortex-M4, 30% of its dense network's, 11.5 KiB "
        "of flash and 2.0 KiB of RAM (toy, AOFP, 80% fewer MACs), and holds the published scores "
        "on test beats."
    )
    assert words in told(tables)[0][-1]
    missed = told(tables, saved=saved(f1_macro_int8=0.5))[0][-1]
    assert "misses the published scores on test beats" in missed
    for none in (saved(f1_macro_validation_int8=0.5), saved()[:0], pd.DataFrame(columns=["split"])):
        sentences, _ = told(tables, saved=none)
        assert len(sentences) == 7 and "Cortex" not in "".join(sentences)


def test_what_was_not_run_is_left_out(tables):
    nothing = {
        "answers": pd.DataFrame(columns=answering.COLUMNS),
        "goals": pd.DataFrame(columns=["who", "held"]),
        "compared": pd.DataFrame(columns=["variant"]),
        "inter": pd.DataFrame(columns=["variant", "network"]),
        "saved": pd.DataFrame(columns=["split"]),
    }
    assert told(tables, **nothing) == ([], [])
    waiting = tables["answers"].assign(verdict="not run")
    assert told(tables, **nothing | {"answers": waiting}) == ([], [])


def test_no_number_is_of_its_own(tables):
    """Every number of the sentences follows from a table or a setting."""
    answers = tables["answers"]
    none = {name: 0.0 for name in answers if answers[name].dtype == float}
    zero = answers.assign(**none | {"target_sparsity": answers["target_sparsity"]})
    sentences, rows = told(tables, answers=zero, inter=tables["inter"].assign(value=0.0))
    assert "+0.0 (+0.0 to +0.0) points" in sentences[0]
    assert all("| 0%, 0% | 0.0, 0.0 | +0.0 (+0.0 to +0.0) |" in row for row in rows)
    assert any("has F1 0 on ventricular and 0 on supra" in sentence for sentence in sentences)
