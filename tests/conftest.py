"""What holds for every run of the tests."""

import os
import sys

import hypothesis
import pytest

# How long an example takes is the machine's business: benchmarks measure, tests do not.
hypothesis.settings.register_profile("any_machine", deadline=None)
# The same examples each time: CI refuses what a change broke, not what an example found by chance.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "any_machine"))

EXIT_STATUS = pytest.StashKey[int]()


def pytest_sessionfinish(session, exitstatus):
    session.config.stash[EXIT_STATUS] = int(exitstatus)


def pytest_unconfigure(config):
    """A process that has Blender in it ends without exit handlers: see ``rig.author.leaving``."""
    if "bpy" in sys.modules:
        from rig.author.leaving import leave

        leave(config.stash.get(EXIT_STATUS, 2))
