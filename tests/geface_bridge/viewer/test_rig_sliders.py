"""The rig's page in a real browser: sliders move the head as the rig's own evaluator does."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from geface_bridge.viewer import ViewerServer
from geface_bridge.viewer.rig_page import PEOPLE_SEED
from rig.head import load_head
from rig.layout import load_layout
from rig.props import props_for
from rig.sampling import sample_face
from rig.skeleton import Skeleton
from rig.skinning import SmoothNormals, skin
from tests.geface_bridge.viewer.chromium import find_chromium
from tests.geface_bridge.viewer.pages import opened
from tests.geface_bridge.viewer.test_page import gpu_vertices

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="needs chromium on the PATH")

LAYOUT = load_layout()
HEAD = load_head()
SKELETON = Skeleton()
SETTLED = (
    "new Promise((done) => { const look = () => !window.geface.dirty && !window.geface.playing"
    " ? requestAnimationFrame(() => done(true)) : requestAnimationFrame(look); look(); })"
)


@pytest.fixture(scope="module")
def server():
    with ViewerServer(None, 0) as running:
        yield running


@pytest.fixture
def page(browser, server):
    with opened(browser(1300, 900), server.url, "window.geface !== undefined") as page:
        click(page, "#dressed")  # hair is slow where software draws it
        yield page


def shown(page):
    """(C,) channels and (208,) identity that are drawn, once nothing moves any more."""
    page.value(SETTLED)
    return [
        np.array(page.value(f"Array.from(window.geface.shown.{name})"))
        for name in ("channels", "identity")
    ]


def named(values, names, rest):
    return {
        names[i]: round(float(values[i]), 3) for i in np.flatnonzero(np.abs(values - rest) > 1e-6)
    }


def expression(page):
    return named(shown(page)[0], LAYOUT.channel_names, 0)


def slide(page, label, value):
    """Drag the slider with this label, as the browser tells the page of it."""
    selector = json.dumps(f"input[type=range][aria-label='{label}']")
    page.value(
        f"(() => {{ const s = document.querySelector({selector});"
        f" s.value = {value}; s.dispatchEvent(new Event('input')); }})()"
    )


def click(page, selector):
    page.value(f"document.querySelector({json.dumps(selector)}).click()")


def test_there_is_a_slider_for_everything(page):
    labels = page.value(
        "Array.from(document.querySelectorAll('input[type=range]'), (s) => s.ariaLabel)"
    )
    units = sum(len(unit.channels) for unit in LAYOUT.all_aus)
    angles = 5  # gaze and head
    assert len(labels) == units + angles + len(LAYOUT.identity_names)
    assert len(set(labels)) == len(labels)
    tips = page.value("Array.from(document.querySelectorAll('.identity-row'), (r) => r.title)")
    for name, tip in zip(sorted(LAYOUT.identity_names), sorted(tips), strict=True):
        assert tip.startswith(f"{name}: ")
    assert page.value("document.getElementById('brow').options.length") == 37


def test_a_linked_slider_moves_both_sides_and_an_unlinked_one_its_own(page):
    slide(page, "AU12 lip corner puller, right", 0.6)
    assert expression(page) == {"AU12_L": 0.6, "AU12_R": 0.6}
    click(page, "button[aria-label='Link the sides of AU12']")
    slide(page, "AU12 lip corner puller, left", 0.25)
    assert expression(page) == {"AU12_L": 0.25, "AU12_R": 0.6}
    click(page, "#relax")
    assert expression(page) == {}


def test_vertices_are_the_rigs_for_a_random_person_with_an_expression(page):
    page.value("window.geface.become(4)")
    page.value("window.geface.expression.apply({AU01: 0.9, AU12_L: 0.8, AU26: 0.7, AU43_R: 1})")
    slide(page, "head yaw", 25)
    slide(page, "gaze pitch", -10)
    channels, identity = shown(page)
    assert np.abs(identity - 0.5).max() > 0.05
    assert named(channels, LAYOUT.channel_names, 0)["head_yaw"] == pytest.approx(0.436)
    matrices = SKELETON.skin_matrices(channels, identity)
    for name, part in HEAD.primitives.items():
        expected = skin(part.positions, part.joints, part.weights, matrices)
        np.testing.assert_allclose(gpu_vertices(page, name), expected, atol=2e-6, rtol=0)
        if name in ("skin", "mouth", "tongue"):
            normals = SmoothNormals(part.positions, part.triangles)(expected)
            np.testing.assert_allclose(page_normals(page, name), normals, atol=2e-3)


def page_normals(page, name):
    """(V, 3) of a part, as they are drawn."""
    part = f"window.geface.renderer.parts.find((part) => part.name === {json.dumps(name)})"
    return np.array(page.value(f"Array.from({part}.posedNormals.normals)")).reshape(-1, 3)


def test_an_identity_slider_moves_its_number_and_is_reset(page):
    slide(page, "nose tip width", 0.9)
    assert named(shown(page)[1], LAYOUT.identity_names, 0.5) == {"nose_tip.sx": 0.9}
    click(page, "#leave")
    assert named(shown(page)[1], LAYOUT.identity_names, 0.5) == {}


def test_a_typed_number_counts_and_nonsense_does_not(page):
    field = "document.querySelector('input[aria-label=\"AU26 jaw drop, number\"]')"
    for text in ("0,35", "wide"):
        page.value(f"{field}.value = '{text}'; {field}.dispatchEvent(new Event('change'))")
        assert expression(page) == {"AU26": 0.35}
        assert page.value(f"{field}.value") == "0.35"


def test_a_link_and_json_bring_the_same_face_back(page):
    page.value("window.geface.become(9)")
    page.value("window.geface.expression.apply({AU04: 0.7, AU12_L: 0.5})")
    slide(page, "chin up", 0.8)
    before = [*shown(page)]
    link, text = page.value(
        "[window.geface.face.toHash(), JSON.stringify(window.geface.face.toJson())]"
    )
    face = json.loads(text)
    assert face["layout_id"] == LAYOUT.layout_id
    assert face["channels"] == {"AU04_L": 0.7, "AU04_R": 0.7, "AU12_L": 0.5}
    for bring in (
        f"window.geface.load({text})",
        f"location.hash = {json.dumps(link)}; new Promise((done) => setTimeout(done, 500))",
    ):
        page.value("window.geface.leave(); window.geface.expression.apply({})")
        assert expression(page) == {}
        page.value(bring)
        page.wait_for("window.geface.face.person === 9")
        for found, expected in zip(shown(page), before, strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_face_of_another_layout_is_refused(page):
    refusal = page.value(
        "(() => { try { window.geface.face.fromJson({format: 'geface-face', format_version: 1,"
        " layout_id: 'x'}); } catch (error) { return error.message; } })()"
    )
    assert refusal == f"the face has layout x, this rig has {LAYOUT.layout_id}"


def test_the_search_finds_sliders_of_both_panels(page):
    def search(text):
        page.value(
            f"(() => {{ const s = document.getElementById('search'); s.value = {json.dumps(text)};"
            " s.dispatchEvent(new Event('input')); })()"
        )
        return page.value(
            "Array.from(document.querySelectorAll('section:not([hidden]) input[type=range]'))"
            ".filter((s) => s.checkVisibility()).map((s) => s.ariaLabel)"
        )

    assert search("zygomaticus") == ["AU12 lip corner puller, right"]
    assert search("nose tip width") == ["nose tip width"]
    assert search("xyzzy") == []
    assert not page.value("document.getElementById('nothing').hidden")


def test_units_that_exclude_each_other_are_marked(page):
    page.value("window.geface.expression.apply({AU12: 1, AU20: 1, AU01: 1})")
    marked = page.value(
        "Array.from(document.querySelectorAll('.warning:not([hidden])'), (w) => w.title)"
    )
    assert marked == ["AU12 and AU20 exclude each other", "AU20 and AU12 exclude each other"]


def test_a_unit_plays_and_comes_back(page):
    page.value(
        "window.most = 0; (function look() { window.most = Math.max(window.most,"
        " window.geface.shown.channels[window.geface.face.names.indexOf('AU26')]);"
        " requestAnimationFrame(look); })();"
        " document.querySelector('button[aria-label=\"Play AU26: up and down again\"]').click()"
    )
    page.wait_for("window.most > 0.6 && !window.geface.playing")
    assert expression(page) == {}


def test_the_picture_changes_with_expression_person_and_clay(page):
    pictures = []
    for act in (
        "null",
        "window.geface.expression.apply({AU12: 1, AU25: 1, AU26: 1})",
        "window.geface.become(2)",
        "document.getElementById('plain').click()",
    ):
        page.value(act)
        page.value(SETTLED)
        page.value("new Promise((done) => setTimeout(done, 900))")  # new pictures are painted
        page.value(SETTLED)
        pictures.append(page.screenshot()[100:650, 150:720].astype(float).mean(2))
    assert (pictures[0] > 60).mean() > 0.25
    for one, other in pairwise(pictures):
        assert np.abs(one - other).mean() > 3


def test_people_wear_what_the_set_says(page):
    worn = "window.geface.renderer.props.map(({ name }) => name)"
    page.value("window.geface.become(3)")
    page.wait_for("window.geface.look?.includes('person=3')")
    assert page.value(worn) == []
    click(page, "#dressed")
    sample = sample_face(PEOPLE_SEED, 3)
    styling = replace(sample.styling, hat="none", extras=())
    props = props_for(styling, sample.look)
    assert props
    page.wait_for(f"{worn}.length > 0")
    assert page.value(worn) == [prop.name for prop in props]
    matrices = SKELETON.skin_matrices(*shown(page))
    for prop in props:
        expected = skin(prop.positions, prop.joints, prop.weights, matrices)
        np.testing.assert_allclose(gpu_vertices(page, prop.name), expected, atol=2e-6, rtol=0)
