"""Builds ``rig/assets`` from CC0 MakeHuman data in Blender: ``python -m rig.author.build``.

Needs the ``author`` extra; nothing at run time imports it.
"""
