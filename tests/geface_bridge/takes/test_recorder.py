"""Recording to a real disk: killed programs, full disks, names."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import textwrap

import pytest

from geface_bridge.errors import TakeError
from geface_bridge.takes import TakeFacts, TakeRecorder, read_take
from tests.geface_bridge.takes.made import frame, made_take

HELLO = made_take().hello
WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from geface_bridge.takes import TakeRecorder
    from tests.geface_bridge.takes.made import frame, made_take

    with TakeRecorder(Path(sys.argv[1]), made_take().hello) as recorder:
        for number in range(10_000_000):
            recorder.publish(frame(number, number / 60, AU12_L=(number % 60) / 60))
            print(number, flush=True)
    """
)


def test_what_is_published_is_in_the_file_before_it_is_closed(tmp_path):
    take = made_take()
    path = tmp_path / "a.geface"
    with TakeRecorder(path, HELLO, TakeFacts("Zoë", "a.wav", 0.5)) as recorder:
        for number, each in enumerate(take.frames):
            recorder.publish(each)
            assert read_take(path).frames == take.frames[: number + 1]
        recorder.mark(0.1, "hier")
        recorder.close()
    found = read_take(path)
    assert (found.header.performer, found.header.audio) == ("Zoë", "a.wav")
    assert [m.label for m in found.markers] == ["hier"]
    assert (recorder.written, recorder.lost, found.damage) == (len(take.frames), 0, ())


def test_a_killed_program_leaves_every_frame_it_wrote(tmp_path):
    rng = random.Random(7)
    for attempt in range(3):
        path = tmp_path / f"{attempt}.geface"
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(rng.randrange(20, 400)):
            said = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split("\n")
        process.wait()
        numbers = [int(said), *(int(n) for n in rest if n.isdigit())]
        found = read_take(path)
        assert len(found.frames) >= numbers[-1]  # the last number may be half a word
        assert [f.sequence for f in found.frames] == list(range(len(found.frames)))
        process.stdout.close()


@pytest.mark.skipif(not hasattr(os, "RLIMIT_FSIZE") and os.name != "posix", reason="needs limits")
def test_a_full_disk_costs_frames_and_recording_goes_on(tmp_path):
    """A limit on the file's size stands in for the full disk: the write comes back short."""
    import resource

    told = []
    path = tmp_path / "full.geface"
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with TakeRecorder(path, HELLO, tell=lambda *said: told.append(said)) as recorder:
            recorder.publish(frame(0, 0.0))
            size = path.stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, limits[1]))
            recorder.publish(frame(1, 0.1))
            recorder.publish(frame(2, 0.2))
            assert (recorder.written, recorder.lost) == (1, 2)
            assert path.stat().st_size == size
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            recorder.publish(frame(3, 0.3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    found = read_take(path)
    assert [f.sequence for f in found.frames] == [0, 3]
    assert found.damage == ()
    assert [level for level, _ in told] == ["error", "info"]
    assert "2 frames are lost" in told[1][1]


def test_a_take_is_never_overwritten(tmp_path):
    path = tmp_path / "a.geface"
    path.write_bytes(b"precious")
    with pytest.raises(TakeError, match="exists and a take is never overwritten"):
        TakeRecorder(path, HELLO)
    assert path.read_bytes() == b"precious"


def test_a_folder_gets_a_take_named_after_the_time(tmp_path):
    with TakeRecorder(tmp_path, HELLO) as recorder:
        pass
    assert re.fullmatch(r"take-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.geface", recorder.path.name)
    assert recorder.path.parent == tmp_path


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(TakeError, match="create its folder or choose another --record"):
        TakeRecorder(tmp_path / "none" / "a.geface", HELLO)
