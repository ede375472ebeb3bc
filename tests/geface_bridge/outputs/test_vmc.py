"""VMC, read by python-osc's own server."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_server import BlockingOSCUDPServer

from geface_bridge.outputs import Address, OscOutput, VmcOutput
from geface_bridge.outputs.osc import MAX_BUNDLE_BYTES, bundles
from geface_bridge.outputs.vmc import unity_quaternion
from rig.profile import profile_names
from rig.rotations import euler_yxz_to_matrix
from tests.geface_bridge.outputs.listening import LAYOUT, frame, listening, lost, settled


class Marionette:
    """python-osc's server, which keeps every message."""

    def __enter__(self):
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(
            lambda address, *values: self.messages.append((address, values))
        )
        self.messages = []
        self._server = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
        self.address = Address("127.0.0.1", self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def until(self, wanted, eventually):
        """All messages once one with this address and first value has come."""
        eventually(lambda: any(wanted(address, values) for address, values in self.messages))
        return self.messages


@pytest.fixture
def eventually():
    def wait(condition, seconds=20):
        event = threading.Event()
        for _ in range(seconds * 100):
            if condition():
                return
            event.wait(0.01)
        raise AssertionError("it did not happen")

    return wait


def last_frame(messages):
    """Messages of the last complete frame: between two Apply."""
    ends = [i for i, (address, _) in enumerate(messages) if address.endswith("Apply")]
    begin = ends[-2] + 1 if len(ends) > 1 else 0
    return messages[begin : ends[-1] + 1]


def test_a_frame_is_ok_time_bones_blends_and_apply(eventually):
    with Marionette() as avatar:
        output = VmcOutput(avatar.address)
        settled(output, time_s=2.0, AU12_L=1.0, head_yaw=0.4)
        avatar.until(lambda a, v: a == "/VMC/Ext/T" and v == (2.0,), eventually)
        eventually(lambda: sum(a.endswith("Apply") for a, _ in avatar.messages) == 2)
        found = last_frame(avatar.messages)
        output.close()
    assert found[0] == ("/VMC/Ext/OK", (1, 3, 0, 1))
    assert found[-1] == ("/VMC/Ext/Blend/Apply", ())
    blends = dict(values for address, values in found if address.endswith("Blend/Val"))
    assert len(blends) == 52
    assert blends["mouthSmileLeft"] > 0.5
    assert blends["mouthSmileRight"] == 0.0
    bones = {v[0]: v[1:] for address, v in found if address.endswith("Bone/Pos")}
    assert set(bones) == {"Head", "LeftEye", "RightEye"}
    expected = (0, 0, 0, 0, -np.sin(0.2), 0, np.cos(0.2))
    assert bones["Head"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.skipif("vrm" not in profile_names(), reason="needs the profile vrm")
def test_vrm_names(eventually):
    with Marionette() as avatar:
        output = VmcOutput(avatar.address, "vrm")
        settled(output, AU43_L=1.0, AU43_R=1.0)
        eventually(lambda: sum(a.endswith("Apply") for a, _ in avatar.messages) == 2)
        output.close()
    blends = dict(v for a, v in last_frame(avatar.messages) if a.endswith("Blend/Val"))
    assert {"happy", "aa", "blinkLeft", "lookUp"} <= set(blends)
    assert max(blends["blinkLeft"], blends.get("blink", 0.0)) > 0.9


def test_a_lost_face_goes_on_being_sent_at_rest(eventually):
    with Marionette() as avatar:
        output = VmcOutput(avatar.address)
        settled(output, AU12_L=1.0)
        output.publish(lost(2.0))
        output.publish(lost(9.0))
        eventually(lambda: sum(a.endswith("Apply") for a, _ in avatar.messages) == 4)
        output.close()
    found = last_frame(avatar.messages)
    assert found[0] == ("/VMC/Ext/OK", (1, 3, 0, 0))
    assert all(v[1] == 0.0 for a, v in found if a.endswith("Blend/Val"))


@given(st.floats(-1.2, 1.2), st.floats(-1.2, 1.2), st.floats(-1.2, 1.2))
def test_unitys_frame_is_ours_mirrored_in_x(yaw, pitch, roll):
    x, y, z, w = unity_quaternion(yaw, pitch, roll)
    theirs = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    mirror = np.diag([-1.0, 1.0, 1.0])
    ours = euler_yxz_to_matrix(yaw, pitch, roll)
    np.testing.assert_allclose(theirs, mirror @ ours @ mirror, atol=1e-9)


def test_plain_osc_has_every_channel_of_every_subject(eventually):
    with Marionette() as anyone:
        output = OscOutput(anyone.address, subjects=2)
        output.publish(frame(0.0, subject=1, AU04_L=0.5))
        output.publish(frame(1.0, subject=1, AU04_L=0.5))
        eventually(lambda: len(anyone.messages) == 2 * (1 + len(LAYOUT.channels)))
        output.close()
    found = dict(anyone.messages[1 + len(LAYOUT.channels) :])
    assert found["/geface/1/valid"] == (1,)
    assert found["/geface/1/AU04_L"] == pytest.approx((0.5,))
    assert set(found) == {"/geface/1/valid"} | {f"/geface/1/{n}" for n in LAYOUT.channel_names}


def test_no_datagram_is_longer_than_a_network_carries_whole():
    with listening() as sink:
        output = VmcOutput(sink.address)
        settled(output, AU12_L=1.0)
        sizes = [len(data) for data in sink.waiting()]
        output.close()
    assert max(sizes) <= MAX_BUNDLE_BYTES
    assert len(bundles([])) == 1


@given(
    st.from_regex(r"/[a-z]{1,20}", fullmatch=True),
    st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
        | st.integers(-(2**31), 2**31 - 1)
        | st.floats(width=32, allow_nan=False),
        max_size=6,
    ),
)
def test_any_message_is_what_python_osc_reads(address, arguments):
    (data,) = bundles([(address, tuple(arguments))])
    (found,) = OscBundle(data)
    assert (found.address, found.params) == (address, arguments)
    assert len(data) % 4 == 0
