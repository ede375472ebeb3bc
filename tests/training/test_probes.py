import json
import time

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from geface_bridge.align import CROP_SIZE, AlignedFace
from geface_bridge.align.faces import HeadPose
from geface_bridge.estimate import Estimate
from rig.layout import load_layout
from rig.sampling import sample_face
from training import probes
from training.probes import Changes, MouthShape, au_names, intensities

STRAIGHT = HeadPose(0, 0, 0, 0, 0, -0.6)


def estimate(confidence=0.8, **channels):
    values = np.zeros(len(load_layout().channels), np.float32)
    for name, value in channels.items():
        values[load_layout().channel_index[name]] = value
    return Estimate(values, confidence)


def face(**moved):
    """A face of a few landmarks: eyes 40 pixels apart, mouth closed and 30 wide."""
    points = np.zeros((478, 3), np.float32)
    places = {33: (44, 40), 133: (44, 40), 159: (44, 38), 145: (44, 42)}
    places |= {263: (84, 40), 362: (84, 40), 386: (84, 38), 374: (84, 42)}
    places |= {13: (64, 90), 14: (64, 90), 61: (49, 90), 291: (79, 90)}
    places |= {int(name[1:]): place for name, place in moved.items()}
    for number, place in places.items():
        points[number, :2] = place
    landmarks_crop = points[:, :2] / CROP_SIZE
    crop = np.full((128, 128, 3), 120, np.uint8)
    return AlignedFace(points, crop, np.eye(2, 3), landmarks_crop, STRAIGHT)


def test_a_model_that_reads_people_alike_leaks_nothing_and_one_that_does_not_is_caught():
    same = {"smile": np.full((10, 23), 2.0), "neutral": np.zeros((10, 23))}
    table = probes.identity_table(same)
    assert table["largest_spread"] == 0
    assert table["within"] == table["answers_within"] == 1
    same["smile"][3, au_names().index("AU12")] = 3.5
    table = probes.identity_table(same)
    assert table["per_au"]["AU12"] == {"spread": 1.5, "expression": "smile"}
    assert table["within"] == pytest.approx(45 / 46)


def test_an_expression_keeps_the_person_and_sets_nothing_else():
    person, layout = sample_face(3, 1), load_layout()
    shown = probes.expressive(person, {"AU12": 0.8})
    identity = layout.blocks["identity"]
    assert (shown.parameters[identity] == person.parameters[identity]).all()
    aus = shown.parameters[layout.blocks["au"]]
    assert aus.sum() == pytest.approx(0.8)
    assert shown.parameters[layout.parameter_index["AU12"]] == 0.8
    assert shown.styling.glasses == "none"


def test_every_expression_names_parameters_of_the_layout():
    names = load_layout().parameter_index
    assert all(au in names for aus in probes.EXPRESSIONS.values() for au in aus)


def test_a_closed_straight_mouth_is_neutral_and_a_wide_raised_one_smiles():
    assert probes.mouth_shape(face()).neutral
    smile = probes.mouth_shape(face(p61=(43, 84), p291=(85, 84)))
    assert smile.smiling
    assert smile.lift == pytest.approx(6 / 40)
    assert smile.width == pytest.approx(42 / 40)


@pytest.mark.parametrize(
    "moved", [{"p14": (64, 94)}, {"p61": (49, 87), "p291": (79, 87)}, {"p61": (40, 90)}]
)
def test_an_open_raised_or_wide_mouth_is_not_neutral(moved):
    assert not probes.mouth_shape(face(**moved)).neutral


def test_a_mouth_is_never_neutral_and_smiling():
    shapes = [MouthShape(g, lift, w) for g in (0, 1) for lift in (0, 0.05, 1) for w in (0, 2)]
    assert not any(shape.neutral and shape.smiling for shape in shapes)


def test_smiles_are_judged_by_au12_on_the_scale_of_files():
    rows = [intensities(estimate(AU12_L=x, AU12_R=x)) for x in (0.2, 0.4)]
    table = probes.smiling_table(rows)
    assert table["au12_mean"] == pytest.approx(1.5)
    assert table["au12_clear"] == 0.5


def test_neutral_photographs_are_told_by_au():
    rows = [intensities(estimate(AU04_L=x, AU04_R=x)) for x in np.linspace(0, 1, 11)]
    table = probes.neutral_table(rows)
    assert table["per_au"]["AU04"] == {"mean": pytest.approx(2.5), "p90": pytest.approx(4.5)}
    assert table["per_au"]["AU12"]["mean"] == 0


def test_winks_land_on_the_side_they_are_on_and_swapped_sides_are_caught():
    shown = [estimate()] * 50
    for frame in range(10, 17):
        shown[frame] = estimate(AU43_L=0.9, AU43_R=0.1)
    for frame in range(39, 45):
        shown[frame] = estimate(AU43_L=0.2, AU43_R=0.3)
    table = probes.winks_table(shown)
    assert table["left"]["right_side"] == table["left"]["clear"] == 1
    assert (table["right"]["right_side"], table["right"]["clear"]) == (1, 0)
    swapped = [estimate(AU43_L=0.1, AU43_R=0.9)] * 50
    assert probes.winks_table(swapped)["left"]["right_side"] == 0


def test_frames_without_a_face_are_not_counted_as_winks():
    assert probes.winks_table([None] * 50) == {"left": {"frames": 0}, "right": {"frames": 0}}


def test_landmarks_say_which_eye_is_shut_and_which_corner_is_up():
    assert probes.lid_difference(face(p386=(84, 41))) > 0
    assert probes.lid_difference(face(p159=(44, 41))) < 0
    assert probes.corner_difference(face(p291=(79, 85))) > 0
    assert probes.corner_difference(face(p61=(49, 85))) < 0


def test_a_clip_whose_smiles_follow_the_corners_is_told_so():
    read = [
        (face(p291=(79, 90 - lift)), estimate(AU12_L=lift / 10, AU12_R=0.1)) for lift in range(6)
    ]
    table = probes.clip_table(read)
    assert table["smile_side_r"] == pytest.approx(1)
    assert probes.clip_table([None])["found"] == 0


def test_confidence_that_falls_and_aus_that_are_invented_are_told():
    changes = Changes()
    changes.add(estimate(0.8), estimate(0.5, AU43_L=0.6, AU43_R=0.6))
    changes.add(estimate(0.8), estimate(0.9))
    changes.add(estimate(0.8), None)
    table = changes.table()
    assert table["found"] == pytest.approx(2 / 3)
    assert table["lowered"] == table["invented"] == 0.5
    assert table["worst_au"] == "AU43"
    assert table["worst_change"] == pytest.approx(1.5)


def test_what_is_spoilt_is_dark_blurred_or_covered_where_it_says():
    rng = np.random.default_rng(0)
    image = rng.integers(100, 255, (128, 128, 3)).astype(np.uint8)
    made = probes.spoilt(image, face(), 0)
    assert made["very dark"].mean() < made["dark"].mean() < 0.6 * image.mean()
    assert made["blur"].std() < 0.5 * image.std()
    mouth, eye = (slice(86, 94), slice(60, 68)), (slice(38, 42), slice(42, 46))
    assert (made["hand on mouth"][mouth] != image[mouth]).mean() > 0.9
    assert (made["hand on mouth"][:20] == image[:20]).all()
    assert (made["hand on eyes"][eye] != image[eye]).mean() > 0.9


def test_light_goes_in_steps_and_lenses_darken_eyes_alone():
    image = np.random.default_rng(0).integers(100, 255, (128, 128, 3)).astype(np.uint8)
    made = probes.spoilt(image, face(), 0)
    steps = ["light 0.5", "light 0.25", "dark", "very dark", "light 0.02"]
    means = [image.mean(), *(made[name].mean() for name in steps)]
    assert means == sorted(means, reverse=True)
    brightened = made["dark, brightened"].astype(float)
    assert brightened.mean() > 2 * made["very dark"].mean()
    assert np.abs(brightened - image).mean() > 20  # the noise is there still
    eye = (slice(38, 42), slice(42, 46))
    assert made["dark glasses"][eye].mean() < 0.4 * image[eye].mean()
    assert (made["dark glasses"][80:] == image[80:]).all()


def test_confidence_is_told_by_how_dark_cheeks_are():
    rows = [(200.0, 0.8), (40.0, 0.6), (45.0, 0.7), (190.0, 0.8)] * 2
    table = probes.skins_table(rows)
    assert [row["count"] for row in table] == [2, 2, 2, 2]
    assert table[0]["cheeks"] == 40
    assert [row["confidence"] for row in table] == pytest.approx([0.6, 0.7, 0.8, 0.8])
    assert probes.skins_table([]) == []


def test_a_missing_model_is_one_line(tmp_path):
    result = CliRunner().invoke(probes.main, ["--model", str(tmp_path / "none.onnx")])
    assert result.exit_code == 2
    assert "none.onnx does not exist" in result.output


def test_a_folder_without_videos_is_named(tmp_path):
    with pytest.raises(probes.ConfigError, match="holds no video"):
        probes.list_clips(tmp_path)


def test_all_tables_are_printed_and_are_json():
    changed = Changes()
    changed.add(estimate(), estimate(0.5))
    neutral = [intensities(estimate())]
    told = {
        "model": "toy",
        "identity": probes.identity_table({"neutral": np.zeros((10, 23))}),
        "photographs": {
            "neutral": probes.neutral_table(neutral),
            "smiling": probes.smiling_table(neutral),
            "skins": probes.skins_table([(120.0, 0.5)]),
        },
        "winks": probes.winks_table([estimate()] * 50),
        "clips": {"a.mp4": probes.clip_table([(face(), estimate())] * 3)},
        "spoilt": {"dark": changed.table()},
    }
    text = probes.format_probes(json.loads(json.dumps(told)))
    for heading in ("identity", "photographs", "winks", "clips", "spoilt"):
        assert f"== {heading}" in text


def test_every_frame_of_a_clip_is_read_however_long_each_takes(tmp_path):
    path = tmp_path / "clip.avi"
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 100.0, (64, 64))
    for grey in range(12):
        video.write(np.full((64, 64, 3), 20 * grey, np.uint8))
    video.release()
    shades = []
    for picture in probes._frames(path):
        time.sleep(0.03)
        shades.append(round(picture.mean() / 20))
    assert shades == list(range(12))
