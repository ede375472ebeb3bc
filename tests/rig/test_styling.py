"""Styling suits the person: sex, age and ancestry shift what is worn."""

import numpy as np
import pytest

from rig.identities import Person
from rig.looks import default_appearance
from rig.props import shape_names
from rig.styling import CLOTHES, EXTRAS, GLASSES, HATS, Styling, sample_styling, suit_look

COUNT = 400


def drawn(age=0.3, masculinity=0.0, ancestry=(0.0, 0.0, 1.0)):
    """Many stylings of one kind of person."""
    person = Person(age=age, masculinity=masculinity, ancestry=ancestry)
    return [sample_styling(np.random.default_rng([3, i]), person) for i in range(COUNT)]


def share(stylings, test):
    return np.mean([bool(test(s)) for s in stylings])


def test_what_is_drawn_exists():
    names = set(shape_names())
    for s in drawn(0.5, 1.0) + drawn(0.5, 0.0, (1.0, 0.0, 0.0)):
        assert s.hair == "bald" or f"hair.{s.hair}" in names
        assert s.beard == "none" or f"beard.{s.beard}" in names
        assert s.glasses in (*GLASSES, "none")
        assert s.hat in (*HATS, "none")
        assert s.cloth in CLOTHES
        assert s.below in CLOTHES
        assert set(s.extras) <= set(EXTRAS)
        assert 0 <= s.grey <= 1
        assert 0 <= s.wave <= 1
        assert 0 <= s.lens <= 1


def test_every_piece_that_is_stored_can_be_drawn():
    for kind, known in (("cloth", CLOTHES), ("hat", HATS), ("extra", EXTRAS), ("glasses", GLASSES)):
        stored = {n.split(".")[1] for n in shape_names() if n.startswith(f"{kind}.")}
        assert stored == set(known)


def test_women_have_no_beards_and_seldom_bald_heads():
    women, men = drawn(0.5, 0.0), drawn(0.5, 1.0)
    assert share(women, lambda s: s.beard != "none") == 0
    assert share(men, lambda s: s.beard != "none") > 0.25
    bare = ("bald", "horseshoe", "receding")
    assert share(women, lambda s: s.hair in bare and s.hat != "hijab") < 0.03
    assert share(men, lambda s: s.hair in bare) > 0.08


def test_age_brings_glasses_and_white_hair_and_takes_hair():
    young, old = drawn(0.0, 1.0), drawn(0.95, 1.0)
    assert share(old, lambda s: s.glasses != "none") > 1.5 * share(
        young, lambda s: s.glasses != "none"
    )
    assert np.mean([s.grey for s in old]) > np.mean([s.grey for s in young]) + 0.2
    thin = ("bald", "horseshoe", "receding")
    assert share(old, lambda s: s.hair in thin) > 2 * share(young, lambda s: s.hair in thin)


def test_coils_go_with_african_ancestry():
    african, asian = drawn(ancestry=(1.0, 0.0, 0.0)), drawn(ancestry=(0.0, 1.0, 0.0))
    assert share(african, lambda s: s.hair in ("coils", "afro")) > 0.2
    assert share(asian, lambda s: s.hair in ("coils", "afro")) < 0.05


def test_the_face_is_mostly_left_open():
    stylings = drawn(0.4, 0.5)
    hidden = {"mask", "hand", "phone", "cup"}
    assert share(stylings, lambda s: hidden & set(s.extras)) < 0.1
    assert share(stylings, lambda s: s.lens > 0.5) < 0.05


def test_big_hair_goes_below_no_hat():
    for s in drawn(0.3, 0.0, (1.0, 0.0, 0.0)):
        assert s.hat == "none" or s.hair not in ("afro", "curly", "updo", "messy")


@pytest.mark.parametrize(("hair", "bald"), [("default", False), ("bald", True), ("bob", True)])
def test_the_painted_scalp_gives_way_to_hair_of_cards(hair, bald):
    assert suit_look(default_appearance(), Styling(hair=hair)).bald is bald


def test_the_painted_shirt_gives_way_to_cloth_and_beards_have_roots():
    look = default_appearance()
    suited = suit_look(look, Styling(cloth="tee", beard="full"))
    assert suited.undressed
    assert suited.stubble >= 0.7
    assert suit_look(look, Styling()) == look
