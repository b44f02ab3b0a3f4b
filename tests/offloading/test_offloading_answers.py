import pandas as pd
import pytest

from ecglib.offloading import answers, asked, in_short, shown, small, words
from ecglib.offloading.study import EXACT


def rows(improved=(0.0, 0.004, 0.02), published=(0.5, 0.7, None)):
    """Two deadlines of one instance; None is late."""
    made = []
    for factor in (1.2, 3.0):
        of = {"instance": "vgg19", "layers": 24, "servers": 15, "deadline_factor": factor}
        exact = {"method": EXACT, "evaluations": 0, "seed": 0, "cost": 10.0, "optimum": 10.0}
        made.append(of | exact | {"gap": 0.0, "late": False, "seconds": 0.03})
        for name, gaps in (("pso_ga_improved", improved), ("pso_ga", published)):
            for budget in (20_000, 100_000):
                for seed, gap in enumerate(gaps):
                    late = gap is None
                    found = {"method": name, "evaluations": budget, "seed": seed, "late": late}
                    found |= {"gap": gap, "cost": None if late else 10 * (1 + gap)}
                    made.append(of | found | {"optimum": 10.0, "seconds": budget / 1e5})
    return pd.DataFrame(made).astype({"gap": float, "cost": float, "late": bool})


def test_late_ones_are_counted_and_in_no_median():
    table = answers.gaps(rows()).set_index(["method", "deadline_factor", "evaluations"])
    of = table.loc[("pso_ga", 1.2, 20_000)]
    assert of["gap"] == pytest.approx(0.6) and (of["late"], of["runs"]) == (1, 3)
    budgets = answers.by_budget(answers.gaps(rows())).set_index(["method", "deadline_factor"])
    assert (budgets.loc["pso_ga", "late"] == 1 / 3).all()
    assert (budgets["instances"] == 1).all()
    assert (budgets.loc["pso_ga", "in_time"] == 0).all()
    assert (budgets.loc["pso_ga_improved", "in_time"] == 1).all()


def test_the_late_ones_of_an_ablation_are_told_beside_the_mean():
    text = "".join(in_short._of_ablation(answers.ablation(rows().assign(prices=0))))
    assert "is 0.8 % above" in text and "those in time of 12 searches" in text
    assert "60.0 % (4 late) PSO-GA, as published" in text


def test_a_solver_that_finds_nothing_does_not_agree():
    agreed = small.agreement_of(range(4))
    agreed.loc[2, "highs"] = float("nan")
    found = asked.asked(rows(), agreed, minutes=5.0).iloc[0]
    assert found["found"] == "3" and not found["met"]


def test_goals_name_the_layers_and_servers_of_the_rows():
    found = goals(rows().assign(layers=23))
    assert "chain of 23 layers on 15 servers" in found.index


def test_a_search_that_is_far_or_late_has_no_time_to_solution():
    table = answers.time_to_solution(rows())
    assert set(table["method"]) == {EXACT, "pso_ga_improved"}
    of = table[table["method"] == "pso_ga_improved"]
    assert of["evaluations"].tolist() == [20_000] * 2 and of["seconds"].tolist() == [0.2] * 2


def goals(found):
    agreed = small.agreement_of(range(4))
    return asked.asked(found, agreed, minutes=5.0).set_index("asked")


def test_goals_are_met_or_missed_by_the_rows():
    assert goals(rows())["met"].all()
    missed = goals(rows(improved=(0.0, 0.02, 0.03)))
    assert missed["met"].tolist() == [True, True, False, True, True]
    assert "0 of 2, the worst 2.0 %" in missed["found"].tolist()
    late = goals(rows(improved=(0.0, 0.0, None)))
    assert late["found"].iloc[3] == "2 of 6" and not late["met"].iloc[3]


def test_the_tables_are_words_and_sentences():
    found = rows()
    budgets = answers.by_budget(answers.gaps(found))
    times = answers.time_to_solution(found)
    assert "| PSO-GA, as published | 20,000 | 60.0 % (60.0 %) | 33% (0 of 1) |" in words.by_budget(
        budgets
    )
    assert "VGG-19, 15 servers" in words.exact(answers.exact(found))
    assert "0.2 s" in words.times(times)
    ablated = found.assign(prices=0)
    text = in_short.search_in_short(found, budgets, times, answers.ablation(ablated))
    assert "60.0 % at 1.2 times HEFT's time, 33% late, none late on 0 of 1 instances" in text
    assert "proves 2 of 2 optima" in text
    assert len(shown.gaps(answers.gaps(found))) == len(answers.gaps(found))


@pytest.mark.parametrize(
    ("value", "said"), [(0.004, "0.4 %"), (1.5, "150.0 %"), (17.0, "1,700 %"), (None, "")]
)
def test_a_gap_in_words(value, said):
    assert words.percent(float("nan") if value is None else value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.034, "0.034 s"), (0.2, "0.2 s"), (3.14, "3.1 s"), (27.4, "27 s")]
)
def test_a_time_is_told_to_two_digits(value, said):
    assert words.seconds(value) == said
