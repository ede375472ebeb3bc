"""Plays a take in time: which frames are due, whatever the speed. No clock; it is handed in."""

from __future__ import annotations

import bisect
from dataclasses import replace

from geface_bridge.config import DEFAULT_RATE_HZ
from geface_bridge.protocol import FaceFrame, Playback
from geface_bridge.takes.take import Take

MAX_BURST = 64  # frames given at once; what a sleeping machine has missed beyond that is skipped


class Playhead:
    """Runs through a take. Numbers and times of what it gives rise, over loops and seeks too.

    Attributes:
        paused: stands still.
        ended: past the last frame, without a loop.

    Args:
        take: at least one frame.
        now_s: the present, on any steady clock.
        speed: 0.01..100 times the recorded.
        loop: begin again at the end.
    """

    def __init__(self, take: Take, now_s: float, speed: float = 1.0, loop: bool = False) -> None:
        self.paused = False
        self.ended = False
        self._frames = sorted(take.frames, key=lambda frame: frame.time_s)
        self._times = [frame.time_s for frame in self._frames]
        self._step_s = 1 / (take.rate_hz or DEFAULT_RATE_HZ)
        self._loop = loop
        self._speed = speed
        self._anchor_s = now_s  # when the head stood at _origin_s
        self._origin_s = self._times[0]
        self._next = 0
        self._given_s = 0.0  # how far the times given out have risen
        self._shift_s = -self._times[0]  # given time minus the take's
        self._sequences = [0] * len(take.hello.subjects)

    @property
    def speed(self) -> float:
        """Times the recorded."""
        return self._speed

    def position_s(self, now_s: float) -> float:
        """The take's time at which the head stands."""
        run_s = 0.0 if self.paused else (now_s - self._anchor_s) * self._speed
        return self._origin_s + run_s

    def due(self, now_s: float) -> list[FaceFrame]:
        """The frames that have become due, oldest first, ``captured_at_s`` being now.

        A paused head gives nothing. More than MAX_BURST are never given: the oldest are skipped,
        as a live source would.
        """
        out: list[FaceFrame] = []
        while not self.ended:
            until = bisect.bisect_right(self._times, self.position_s(now_s))
            out += [self._given(frame, now_s) for frame in self._frames[self._next : until]]
            self._next = max(self._next, until)
            if self._next < len(self._times) or self.paused or not self._wrap(now_s):
                break
        return out[-MAX_BURST:]

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next frame is due, >= 0; infinite while paused or ended."""
        if self.paused or self.ended:
            return float("inf")
        if self._next == len(self._times):  # a loop waits for the end of the last frame
            following = self._times[-1] + self._step_s
        else:
            following = self._times[self._next]
        return max(0.0, (following - self.position_s(now_s)) / self._speed)

    def obey(self, wish: Playback, now_s: float) -> None:
        """Seek, change speed, pause or go on; a seek revives an ended take.

        A seek, a relative one too, ends at the first or last frame.
        """
        self._origin_s, self._anchor_s = self.position_s(now_s), now_s
        if wish.position_s is not None or wish.skip_s is not None:
            stood_s = min(self._origin_s, self._times[-1])
            from_s = stood_s if wish.position_s is None else wish.position_s
            self._seek(from_s + (wish.skip_s or 0.0))
        if wish.speed is not None:
            self._speed = wish.speed
        if wish.paused is not None:
            self.paused = wish.paused

    def _seek(self, position_s: float) -> None:
        self._origin_s = min(max(position_s, self._times[0]), self._times[-1])
        self._next = bisect.bisect_left(self._times, self._origin_s)
        self._rebase()
        self.ended = False

    def _wrap(self, now_s: float) -> bool:
        """Back to the beginning, one frame's time after the end; False where it just ends."""
        length_s = self._times[-1] - self._times[0] + self._step_s
        over_s = self.position_s(now_s) - self._times[0]
        if not self._loop:
            self.ended = True
        if self.ended or over_s < length_s:  # the last frame has its time too
            return False
        self._origin_s -= length_s * (over_s // length_s)
        self._next = 0
        self._rebase()
        return True

    def _rebase(self) -> None:
        """Let the times given out go on from the last one, a frame later."""
        self._shift_s = self._given_s + self._step_s - self._times[self._next]

    def _given(self, frame: FaceFrame, now_s: float) -> FaceFrame:
        sequence = self._sequences[frame.subject]
        self._sequences[frame.subject] += 1
        self._given_s = frame.time_s + self._shift_s
        return replace(frame, sequence=sequence, time_s=self._given_s, captured_at_s=now_s)
