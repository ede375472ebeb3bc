from __future__ import annotations

from geface_bridge.motion.groups import GROUPS, groups_of
from rig.layout import load_layout


def test_every_channel_has_its_group():
    layout = load_layout()
    found = dict(zip(layout.channel_names, groups_of(layout), strict=True))
    assert set(found.values()) == set(GROUPS)
    expected = {
        "AU43_L": "lids",
        "AU05_R": "lids",
        "AU04_L": "brows",
        "AU06_R": "cheeks",
        "AU12_L": "mouth",
        "AU30L": "mouth",
        "AU26": "mouth",
        "gaze_yaw": "gaze",
        "head_roll": "head_rotation",
        "head_z": "head_position",
    }
    assert expected.items() <= found.items()


def test_both_sides_move_alike():
    layout = load_layout()
    groups = groups_of(layout)
    order, _ = layout.mirror_channels
    assert [groups[i] for i in order] == list(groups)
