"""How rough the head's parts are: one table for Blender's materials and the renderer.

0 is a mirror, 1 is chalk. Skin's own map (``rig.appearance.paint_surface``) varies about its value.
"""

ROUGHNESS: dict[str, float] = {
    "skin": 0.55,
    "eyes": 0.08,
    "teeth": 0.25,
    "tongue": 0.35,
    "mouth": 0.4,
    "lashes": 0.7,
    "hair": 0.6,
}
