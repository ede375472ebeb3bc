import pytest

from training.reports import MARKDOWN, number, report, table


def score(icc, count=3):
    return {"icc31": icc, "mae": 0.25, "pearson": 1.0, "f1": float("nan"), "count": count}


def result(icc):
    aus = {"AU01": score(icc), "AU12": score(-0.125)}
    return {"aus": aus, "averages": {"all": score(icc / 2)}, "found": 0.5, "pose_error_rad": None}


FILM = {
    "films": {"a": {"AU01": 0.5}, "b": {}},
    "medians": {"AU01": 0.5},
    "averages": {"DISFA's 12, mean": 0.5, "DISFA's 12, of which vary": 1.0},
    "found": 1.0,
}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, ".50"), (-0.25, "-.25"), (1.0, "1.00"), (10.04, "10.04"), (0, ".00"), (None, ".")],
)
def test_numbers_are_short(value, text):
    assert number(value) == text
    assert number(float("nan")) == "."


def test_one_model_has_a_row_for_every_au_after_the_averages():
    lines = report("set", {"ours": result(0.5)}).splitlines()
    assert [line.split()[0] for line in lines if line] == ["set", "ours", "set", "AU01", "AU12"]
    assert lines[1].split() == ["ours", "all", ".25", ".25", "1.00", ".", "3", ".°", "50.0", "%"]
    assert lines[4].split() == ["AU01", ".50", ".25", "1.00", ".", "3"]


def test_several_models_stand_side_by_side():
    text = report("set", {"ours": result(0.5), "theirs": result(0.75)}, MARKDOWN)
    assert "| set, ICC | ours | theirs |" in text
    assert "| AU01 | .50 | .75 |" in text
    assert "| set, MAE | ours | theirs |" in text


def test_brief_is_averages_alone():
    assert "AU01" not in report("set", {"ours": result(0.5)}, brief=True)


def test_films_have_a_column_each_and_their_median():
    text = report("clips", {"ours": FILM}, MARKDOWN)
    assert "| clips, r | a | b | median |" in text
    assert "| AU01 | .50 | . | .50 |" in text
    assert "| ours | .50 | 1 | 100.0 % |" in text
    both = report("clips", {"ours": FILM, "theirs": FILM}, MARKDOWN)
    assert "| clips, r | ours | theirs |" in both


def test_columns_of_a_terminals_table_are_flush():
    lines = table([["a", "b"], ["long", "1"], ["c", "100"]]).splitlines()
    assert len({len(line) for line in lines}) == 1
