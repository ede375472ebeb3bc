"""From camera to characters: capture, align, estimate, motion, protocol, server, outputs.

No torch, no bpy, no pyrender; imports ``rig`` but never ``training``
(tests/contract/test_import_rules.py).
"""

__version__ = "0.1.0"
