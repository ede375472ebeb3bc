"""Real datagrams on a real socket."""

from __future__ import annotations

import time
from contextlib import closing

import numpy as np
import pytest

from geface_bridge.arkit import SHAPES, arkit_values
from geface_bridge.config import PhoneConfig
from geface_bridge.errors import SourceError
from geface_bridge.inputs import open_phones
from geface_bridge.inputs.ifacialmocap import REQUEST
from geface_bridge.live import PhoneChain
from geface_bridge.outputs import Address, IFacialMocapOutput
from geface_bridge.outputs.livelink import encode_livelink
from geface_bridge.outputs.udp import UdpSender
from rig.layout import load_layout
from tests.geface_bridge.outputs.listening import channels, listening, settled

AT = load_layout().channel_index
DEVICES = ("0" * 36, "1" * 36)
PATIENCE_S = 30


@pytest.fixture
def told():
    return []


@pytest.fixture
def phones(told):
    """phones(subjects, **config): a source on a free port and a phone that sends there."""

    def make(subjects=1, **config):
        source = open_phones(PhoneConfig(port=0, **config), subjects, lambda *e: told.append(e))
        sender = UdpSender(Address("127.0.0.1", source.port))
        opened.extend([source, sender])
        return source, sender

    opened: list = []
    yield make
    for each in opened:
        each.close()


def until(source, wanted):
    """The first frame for which ``wanted`` holds."""
    for frame in source.frames(time.monotonic() + PATIENCE_S):
        if wanted(frame):
            return frame
    raise AssertionError("it did not come")


def smiling(device=0, time_s=1.0, smile=0.5, name="anna"):
    values = np.zeros(61)
    values[SHAPES.index("MouthSmileLeft")] = smile
    return encode_livelink(DEVICES[device], name, time_s, values)


def test_a_face_comes_through_and_its_channels_are_right(phones):
    source, phone = phones()
    given = channels(AU12_L=0.5, AU26=0.3, head_yaw=0.2)
    phone.send(encode_livelink(DEVICES[0], "anna", 1.0, arkit_values(given)))
    frame = until(source, lambda f: f.values is not None)
    (estimate,) = PhoneChain(smoothing=0).updates(frame).values()
    np.testing.assert_allclose(estimate.channels, given, atol=1e-4)
    assert estimate.confidence == 1.0


def test_of_what_waits_the_newest_of_each_device_is_given(phones):
    source, phone = phones(2)
    for step in range(50):
        for device in (0, 1):
            phone.send(smiling(device, step / 60, step / 50))
    frames = source.frames(time.monotonic() + PATIENCE_S)
    smiles = {f.subject: f.values.max() for f in (next(frames), next(frames))}
    assert smiles == {0: pytest.approx(0.98), 1: pytest.approx(0.98)}
    assert source.dropped == 98


def test_a_packet_that_was_overtaken_on_its_way_does_not_win(phones):
    source, phone = phones()
    for time_s, smile in ((1.0, 0.1), (1.05, 0.3), (1.02, 0.2)):
        phone.send(smiling(0, time_s, smile))
    assert next(source.frames(time.monotonic() + PATIENCE_S)).values.max() == pytest.approx(0.3)


def test_what_is_no_packet_is_counted_told_once_and_hurts_nobody(phones, told):
    source, phone = phones()
    for size in (0, 1, 300, 5000):
        phone.send(b"\6" * size)
    phone.send(smiling())
    until(source, lambda f: f.values is not None)
    assert source.ignored == 4
    warnings = [text for level, text in told if level == "warning"]
    assert len(warnings) == 1
    assert "ignoring what 127.0.0.1 sends to Live Link Face on 127.0.0.1" in warnings[0]


def test_a_phone_that_stops_is_lost_and_works_again(phones):
    source, phone = phones()
    phone.send(smiling())
    until(source, lambda f: f.values is not None)
    lost = until(source, lambda f: f.values is None)
    phone.send(smiling(time_s=9.0))
    back = until(source, lambda f: f.values is not None)
    assert back.time_s >= lost.time_s


def test_an_ifacialmocap_phone_is_heard(phones):
    source, _ = phones(format="ifacialmocap")
    output = IFacialMocapOutput(Address("127.0.0.1", source.port))
    settled(output, AU12_L=0.5)
    frame = until(source, lambda f: f.values is not None)
    output.close()
    assert frame.values[SHAPES.index("MouthSmileLeft")] == pytest.approx(0.47, abs=0.006)


def test_an_ifacialmocap_phone_is_asked_on_its_own_port(told):
    """It has the number that we listen on, on another host."""
    with listening("127.0.0.2") as phone:
        config = PhoneConfig("ifacialmocap", "127.0.0.1", phone.address.port, "127.0.0.2")
        with closing(open_phones(config, 1, lambda *e: told.append(e))) as source:
            next(source.frames(time.monotonic() + PATIENCE_S))
            assert phone.take() == REQUEST


def test_a_port_that_is_taken_is_one_line_with_the_way_out(phones):
    source, _ = phones()
    with pytest.raises(SourceError, match=r"--from livelink:PORT"):
        open_phones(PhoneConfig(port=source.port), 1, lambda *_: None)


def test_it_says_who_can_send(phones, told):
    phones()
    phones(host="0.0.0.0")
    assert told[0][1].endswith("this machine only; for a phone add --from-host 0.0.0.0")
    assert told[1][1].endswith("every machine of the network may send: UDP has no password")
