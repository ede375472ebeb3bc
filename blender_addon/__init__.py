# SPDX-License-Identifier: GPL-3.0-or-later
"""The Blender add-on: ``geface/`` is what Blender loads, ``build.py`` puts it into a zip."""
