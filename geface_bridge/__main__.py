"""``python -m geface_bridge`` is ``geface-bridge``."""

from geface_bridge.cli import main

main()
