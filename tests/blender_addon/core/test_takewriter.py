# SPDX-License-Identifier: GPL-3.0-or-later
"""A take written here is read by geface_bridge's own reader, whatever ended the writing."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from blender_addon.geface.core import takewriter
from blender_addon.geface.core.errors import TakeError
from blender_addon.geface.core.messages import Channel, Frame, Hello
from blender_addon.geface.core.takewriter import TakeWriter
from geface_bridge.protocol import encode
from geface_bridge.takes import read_take
from geface_bridge.takes.records import MAGIC, records_in

HELLO = Hello(
    (1, 1),
    "s1",
    "id",
    (Channel("AU12_L", "intensity", 0, 1), Channel("gaze_yaw", "rad", -1, 1)),
    ("Käthe", "b"),
    "camera 0",
    30.0,
    "geface-bridge",
    "0.1",
)


def frames(count):
    rng = np.random.default_rng(1)
    return [
        Frame(
            i, i % 2, i / 30, 50 + i / 30, i % 5 > 0, 0.5, np.float32(rng.random(2)) * (i % 5 > 0)
        )
        for i in range(count)
    ]


def writer(path):
    return TakeWriter(path, HELLO, 1.5e9, 50.0, "test")


def test_the_reference_reader_finds_everything(tmp_path):
    sent = frames(20)
    out = writer(tmp_path / "a.geface")
    for frame in sent:
        out.frame(frame)
    out.close()
    take = read_take(out.path)
    assert (take.header.created_unix_s, take.header.created_at_s) == (1.5e9, 50.0)
    assert take.header.software == "test"
    assert take.hello.subjects == HELLO.subjects
    assert [(c.name, c.unit, c.low, c.high) for c in take.hello.channels] == [
        (c.name, c.unit, c.low, c.high) for c in HELLO.channels
    ]
    for got, frame in zip(take.frames, sent, strict=True):
        assert (got.sequence, got.subject, got.time_s) == (
            frame.sequence,
            frame.subject,
            frame.time_s,
        )
        assert (got.captured_at_s, got.valid) == (frame.captured_at_s, frame.valid)
        np.testing.assert_array_equal(got.channels, frame.channels)
    assert take.damage == ()
    assert (out.written, out.lost) == (20, 0)


def test_hello_and_frames_are_the_protocols_bytes(tmp_path):
    out = writer(tmp_path / "a.geface")
    out.frame(frames(2)[1])
    out.close()
    payloads = list(records_in(out.path.read_bytes()))
    take = read_take(out.path)
    assert payloads[1:] == [encode(take.hello), encode(take.frames[0])]


def test_a_take_is_never_overwritten(tmp_path):
    paths = [writer(tmp_path / "a.geface").path.name for _ in range(3)]
    assert paths == ["a.geface", "a 2.geface", "a 3.geface"]


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(TakeError, match=r"none.a\.geface cannot be written \(No such file"):
        writer(tmp_path / "none" / "a.geface")


def test_close_twice(tmp_path):
    out = writer(tmp_path / "a.geface")
    out.close()
    out.close()


def test_a_killed_process_loses_nothing_that_was_written(tmp_path):
    code = f"""
        import os, signal
        from pathlib import Path
        from tests.blender_addon.core.test_takewriter import frames, writer
        out = writer(Path({str(tmp_path / "a.geface")!r}))
        for frame in frames(50):
            out.frame(frame)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True)
    assert done.returncode == -9, done.stderr
    assert len(read_take(tmp_path / "a.geface").frames) == 50


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")
def test_a_full_disk_costs_frames_and_nothing_else(tmp_path):
    code = f"""
        import resource, signal
        from pathlib import Path
        from tests.blender_addon.core.test_takewriter import frames, writer
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        out = writer(Path({str(tmp_path / "a.geface")!r}))
        soft = resource.getrlimit(resource.RLIMIT_FSIZE)
        sent = frames(30)
        for i, frame in enumerate(sent):
            if i == 10:
                size = out.path.stat().st_size
                resource.setrlimit(resource.RLIMIT_FSIZE, (size + 60, soft[1]))
            if i == 20:
                resource.setrlimit(resource.RLIMIT_FSIZE, soft)
            out.frame(frame)
        out.close()
        print(out.written, out.lost)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True
    )
    assert done.stdout.split() == ["20", "10"], done.stderr
    take = read_take(tmp_path / "a.geface")
    assert [frame.sequence for frame in take.frames] == [*range(10), *range(20, 30)]
    assert take.damage == ()


def test_the_magic_is_the_formats():
    assert takewriter.MAGIC == MAGIC
