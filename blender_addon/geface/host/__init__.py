# SPDX-License-Identifier: GPL-3.0-or-later
"""Between core and Blender: what moves characters, records and bakes. Draws nothing."""
