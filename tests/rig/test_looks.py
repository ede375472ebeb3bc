"""Random looks suit their person."""

import numpy as np

from rig.identities import Person
from rig.looks import sample_look
from tests.rig.support import LAYOUT

AFRICAN, ASIAN, EUROPEAN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
COUNT = 200
STRENGTHS = (
    *("redness", "mottling", "freckles", "age_spots", "stubble", "oil", "pores", "creases"),
    *("age_creases", "lashes", "sclera_red", "sclera_yellow", "teeth"),
)


def looks(age=0.3, masculinity=0.5, ancestry=EUROPEAN, count=COUNT):
    person = Person(age, masculinity, ancestry)
    return [sample_look(np.random.default_rng(i), person, LAYOUT, i % 36) for i in range(count)]


def mean(values):
    return float(np.mean(list(values)))


def test_the_same_generator_gives_the_same_look_with_the_brow_asked_for():
    person = Person(0.5, 0.5, ASIAN)
    a, b = (sample_look(np.random.default_rng(5), person, LAYOUT, 7) for _ in range(2))
    assert a == b
    assert a.brow == LAYOUT.brow_styles[7]


def test_tone_follows_ancestry():
    african, asian, european = (
        mean(look.melanin for look in looks(ancestry=a)) for a in (AFRICAN, ASIAN, EUROPEAN)
    )
    assert african > 2.5 * asian > 3.5 * european


def test_light_irises_and_fair_hair_go_with_light_skin():
    for ancestry, share in ((AFRICAN, 0.0), (ASIAN, 0.02), (EUROPEAN, 0.25)):
        light = [look.iris[2] > 0.25 for look in looks(ancestry=ancestry)]
        assert abs(mean(light) - share) < 0.25, ancestry
    fair = [
        mean(mean(look.hair) > 0.3 for look in looks(0.1, ancestry=a)) for a in (AFRICAN, EUROPEAN)
    ]
    assert fair[0] < 0.03 < 0.15 < fair[1]


def test_age_greys_wrinkles_and_spots():
    young, old = (looks(age, masculinity=1.0) for age in (0.05, 0.95))
    for name in ("age_creases", "age_spots", "mottling"):
        assert mean(getattr(look, name) for look in old) > 1.3 * mean(
            getattr(look, name) for look in young
        ), name

    def greyness(look):
        return min(look.hair) / max(look.hair)

    assert mean(map(greyness, old)) > mean(map(greyness, young)) + 0.2
    assert mean(look.teeth for look in old) < mean(look.teeth for look in young) - 0.2


def test_stubble_is_men_s_and_makeup_women_s():
    women, men = looks(masculinity=0.0), looks(masculinity=1.0)
    assert mean(look.stubble > 0 for look in women) == 0
    assert mean(look.stubble > 0 for look in men) == 1
    assert mean(look.makeup.lipstick > 0 for look in men) == 0
    assert 0.3 < mean(look.makeup.lipstick > 0 for look in women) < 0.8


def test_a_saturated_mouth_is_rare():
    bold = [
        look.makeup.lipstick > 0.6 and look.makeup.lipstick_colour[1] < 0.2
        for look in looks(masculinity=0.0)
    ]
    assert mean(bold) < 0.1


def test_colours_and_strengths_stay_in_range():
    for ancestry in (AFRICAN, ASIAN, EUROPEAN):
        for look in looks(0.7, 0.5, ancestry, 60):
            for name in ("skin", "hair", "brow_colour", "stubble_colour", "iris", "iris_ring"):
                assert 0 < min(getattr(look, name)) <= max(getattr(look, name)) < 1, name
            for name in STRENGTHS:
                assert 0 <= getattr(look, name) <= 1, name
