"""How the networks are made: pairs, training, evaluation, export.

The only home of torch. Each module runs by itself, ``python -m training.NAME --help``.
Imports ``rig`` and ``geface_bridge``; neither imports it back
(tests/contract/test_import_rules.py).
"""
