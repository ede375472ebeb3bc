"""What a face is: layout, skeleton, skinning, sampling, rendering.

Imports neither ``geface_bridge`` nor ``training``; no torch; bpy only in
``rig/author``; pyrender only in ``rig/render.py``
(tests/contract/test_import_rules.py).
"""
