"""Which channels move alike: lids are fast, brows slow."""

from __future__ import annotations

from rig.layout import Channel, Layout

LID_AUS = ("AU05", "AU07", "AU43")
BROW_AUS = ("AU01", "AU02", "AU04")
CHEEK_AUS = ("AU06", "AU09", "AU34")
GROUPS = ("lids", "brows", "cheeks", "mouth", "gaze", "head_rotation", "head_position")


def group_of(channel: Channel) -> str:
    """One of ``GROUPS``; AUs that are neither lid, brow nor cheek belong to the mouth."""
    if channel.unit == "m":
        return "head_position"
    if channel.unit == "rad":
        return "gaze" if channel.name.startswith("gaze") else "head_rotation"
    stems = {"lids": LID_AUS, "brows": BROW_AUS, "cheeks": CHEEK_AUS}
    return next((group for group, aus in stems.items() if channel.name[:4] in aus), "mouth")


def groups_of(layout: Layout) -> tuple[str, ...]:
    """The group of each channel, in the layout's order."""
    return tuple(group_of(channel) for channel in layout.channels)
