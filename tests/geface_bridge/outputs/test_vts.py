"""A fake VTube Studio that enforces the documented rules, on a real websocket."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
from websockets.sync.server import serve

from geface_bridge.outputs import Address, VtsOutput
from geface_bridge.outputs.vts import parameter_values
from tests.geface_bridge.outputs.listening import LAYOUT, channels, frame, lost
from tests.geface_bridge.outputs.studio import USUAL, Studio


@contextmanager
def running(studio, port=0):
    with serve(studio.serve, "127.0.0.1", port) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Address("127.0.0.1", server.socket.getsockname()[1])
        server.shutdown()
        thread.join()


def wait(condition, seconds=30):
    end_s = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end_s, "it did not happen"
        time.sleep(0.01)


def feed(output, studio, **values):
    """Publish until a frame has been injected."""
    count, step = len(studio.injected), 0

    def injected():
        nonlocal step
        output.publish(frame(step / 10, **values))
        step += 1
        return len(studio.injected) > count + 5

    wait(injected)


def test_permission_is_asked_once_and_the_face_is_fed(tmp_path):
    studio, token = Studio(), tmp_path / "deep" / "vts_token"
    with running(studio) as address:
        for _ in range(2):
            output = VtsOutput(address, token_file=token)
            feed(output, studio, AU12_L=1.0, head_yaw=0.5)
            output.close()
    assert (studio.asked, studio.broken) == (1, [])
    assert token.read_text() == "t0ken"
    assert "GfMouthSmileLeft" in studio.parameters
    found, values = studio.injected[-1]
    assert found
    assert values["GfMouthSmileLeft"] > 0.5
    assert values["GfMouthSmileRight"] == 0.0
    assert values["FaceAngleX"] == pytest.approx(-28.6, abs=0.1)
    assert set(values) >= USUAL


def test_a_revoked_token_is_asked_for_anew(tmp_path):
    studio, token = Studio(), tmp_path / "vts_token"
    token.write_text("revoked")
    with running(studio) as address:
        output = VtsOutput(address, token_file=token)
        feed(output, studio)
        output.close()
    assert studio.asked == 1
    assert token.read_text() == "t0ken"


def test_it_waits_for_a_studio_that_is_not_there_and_says_so(tmp_path):
    studio = Studio()
    with running(studio) as address:
        pass
    output = VtsOutput(address, token_file=tmp_path / "t")
    wait(lambda: "not connected" in output.state)
    for step in range(1000):  # nobody waits for it
        output.publish(frame(step / 60))
    with running(studio, address.port):
        feed(output, studio)
        assert output.state == "connected"
        output.close()


def test_a_refusal_is_said(tmp_path):
    with running(Studio(allows=False)) as address:
        output = VtsOutput(address, token_file=tmp_path / "t")
        wait(lambda: "AuthenticationTokenRequest: no" in output.state)
        output.close()
    assert not (tmp_path / "t").exists()


def test_a_lost_face_is_told(tmp_path):
    studio = Studio()
    with running(studio) as address:
        output = VtsOutput(address, token_file=tmp_path / "t")
        feed(output, studio, AU12_L=1.0)
        count = len(studio.injected)
        output.publish(lost(1e4))
        output.publish(lost(2e4))
        wait(lambda: len(studio.injected) > count and not studio.injected[-1][0])
        output.close()
    assert studio.injected[-1][1]["GfMouthSmileLeft"] == 0.0


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_values_stay_within_their_inputs_ranges(value):
    everything = channels(**dict.fromkeys(LAYOUT.au_channel_names, value))
    for parameter in parameter_values(everything):
        angle = parameter["id"].startswith("FaceAngle")
        assert abs(parameter["value"]) <= (0 if angle else 1), parameter
