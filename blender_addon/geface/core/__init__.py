# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on does without Blender: standard library and numpy, tested without ``bpy``."""
