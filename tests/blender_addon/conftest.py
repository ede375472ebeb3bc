# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip, built once, and the Blenders that have it installed."""

from pathlib import Path

import pytest

from blender_addon.build import build
from tests.blender_addon.blender import install, pythons


@pytest.fixture(scope="session")
def addon_zip(tmp_path_factory):
    return build(tmp_path_factory.mktemp("addon"))


def _name(python):
    return "none" if python is None else Path(python).parents[1].name


@pytest.fixture(scope="session", params=pythons() or [None], ids=_name)
def blender(request, addon_zip, tmp_path_factory):
    """Each Blender that is here, with the add-on installed."""
    if request.param is None:
        pytest.skip("no Blender is here: run make blender-envs or set GEFACE_BLENDER_PYTHONS")
    return install(request.param, addon_zip, tmp_path_factory.mktemp("blender"))
