"""Frames to the wire, for as long as there are frames."""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from geface_bridge.errors import GefaceError
from geface_bridge.live.meter import StageMeter
from geface_bridge.live.outlets import Outlet
from geface_bridge.protocol import Calibrate, Command, FaceFrame, Gain, Level, Mark, Playback

if TYPE_CHECKING:
    from geface_bridge.estimate import Estimate
    from geface_bridge.takes import TakeRecorder


LEARNED = "face learned"
CLEARED = "calibration forgotten"


class Timed(Protocol):
    """What a source gives: a picture, or what a phone measured."""

    @property
    def time_s(self) -> float:
        """Source time."""
        ...

    @property
    def captured_at_s(self) -> float:
        """``time.monotonic()`` when it came."""
        ...


Given = TypeVar("Given", bound=Timed)
Taken_contra = TypeVar("Taken_contra", bound=Timed, contravariant=True)
Given_co = TypeVar("Given_co", bound=Timed, covariant=True)


class Frames(Protocol[Given_co]):
    """Where frames come from; ``PersistentSource`` and ``PhoneSource`` are two."""

    def frames(self, deadline_s: float = math.inf) -> Iterator[Given_co | None]:
        """The frames, and None each time the source is lost, up to a ``time.monotonic``."""
        ...


class Chain(Protocol[Taken_contra]):
    """What makes estimates of frames; ``FaceChain`` and ``PhoneChain`` are two."""

    meter: StageMeter

    @property
    def calibrating(self) -> tuple[bool, ...]:
        """For each subject, whether its face is being learned."""
        ...

    def updates(self, frame: Taken_contra) -> dict[int, Estimate | None]:
        """Subject → estimate, None where no face is to be seen, of those that a frame is about."""
        ...

    def calibrate(self, wish: Calibrate) -> None:
        """Learn faces."""
        ...

    def set_gain(self, channel: str, factor: float) -> None:
        """Multiply a channel from now on."""
        ...

    def reset(self) -> None:
        """Forget the motion so far."""
        ...


class LiveLoop(Generic[Given]):
    """Runs a chain over a source and publishes what comes out.

    A face that is lost, a picture that cannot be worked on and a source that is away all
    become frames that are not valid; none of them ends the loop.

    Attributes:
        published: frames so far, over all subjects.
        meter: times of all stages and the rate.
        recorder: where clients' markers go; None while nothing is recorded.
        on_calibrated: called when a calibration is complete, to save it.

    Args:
        source: opened.
        chain: for ``subjects`` faces.
        outlet: where frames go.
        subjects: how many.
        tell: is told of events.
        commands: clients' wishes, from any thread, granted before the next frame.
    """

    def __init__(
        self,
        source: Frames[Given],
        chain: Chain[Given],
        outlet: Outlet,
        subjects: int,
        tell: Callable[[Level, str], None],
        commands: queue.SimpleQueue[Command] | None = None,
    ) -> None:
        self.published = 0
        self.meter: StageMeter = chain.meter
        self.recorder: TakeRecorder | None = None
        self.on_calibrated: Callable[[], None] = lambda: None
        self._source = source
        self._chain = chain
        self._outlet = outlet
        self._tell = tell
        self._sequences = [0] * subjects
        self._seen = [False] * subjects
        self._commands = commands or queue.SimpleQueue()
        self._error: GefaceError | None = None
        self._estimated = 0
        self._time_s = 0.0

    @property
    def faces(self) -> int:
        """How many are in view now."""
        return sum(self._seen)

    def run(
        self, seconds: float | None = None, after_frame: Callable[[], None] = lambda: None
    ) -> None:
        """Publish until the source ends for good, or for so long.

        Raises:
            GefaceError: the source ended and not one of its pictures could be worked on.
        """
        deadline_s = math.inf if seconds is None else time.monotonic() + seconds
        last: Given | None = None
        for frame in self._source.frames(deadline_s):
            self._obey()
            if frame is not None:
                self._one(frame)
                last = frame
            elif last is not None:
                self._chain.reset()
                self._publish(last.time_s, time.monotonic(), self._nobody())
            after_frame()
        if self._error is not None and not self._estimated:
            raise self._error

    def _one(self, frame: Given) -> None:
        self.meter.tick()
        self.meter.note("wait", time.monotonic() - frame.captured_at_s)
        self._time_s = frame.time_s
        was_calibrating = any(self._chain.calibrating)
        try:
            estimates = self._chain.updates(frame)
            self._estimated += 1
        except GefaceError as error:
            self._report(error)
            estimates = self._nobody()
        with self.meter.stage("publish"):
            self._publish(frame.time_s, frame.captured_at_s, estimates)
        if was_calibrating and not any(self._chain.calibrating):
            self._tell("info", LEARNED)
            self.on_calibrated()

    def _nobody(self) -> dict[int, Estimate | None]:
        return dict.fromkeys(range(len(self._sequences)))

    def _publish(
        self, time_s: float, captured_at_s: float, estimates: dict[int, Estimate | None]
    ) -> None:
        for subject, estimate in estimates.items():
            self._seen[subject] = estimate is not None
            sequence = self._sequences[subject]
            self._sequences[subject] += 1
            frame = _face_frame(sequence, subject, time_s, captured_at_s, estimate)
            self._outlet.publish(frame)
            self.published += 1

    def _obey(self) -> None:
        while not self._commands.empty():
            match self._commands.get():
                case Calibrate() as wish:
                    self._chain.calibrate(wish)
                    self._tell("info", _instruction(wish))
                    if wish.kind == "clear":
                        self.on_calibrated()
                case Gain(channel, factor):
                    self._chain.set_gain(channel, factor)
                    self._tell("info", f"gain of {channel} is {factor:g}")
                case Mark(label):
                    self._mark(label)
                case Playback():
                    self._tell("error", "this is a live stream, not a take that can be steered")

    def _mark(self, label: str) -> None:
        if self.recorder is None:
            self._tell("error", "no take is being recorded; start with --record FILE")
            return
        self.recorder.mark(self._time_s, label)
        self._tell("info", f"marked {label!r} at {self._time_s:.2f} s")

    def _report(self, error: GefaceError) -> None:
        if str(error) != str(self._error):  # once, not thirty times a second
            self._tell("error", str(error))
        self._error = error


def _instruction(wish: Calibrate) -> str:
    """What the performer is to do."""
    if wish.kind == "clear":
        return CLEARED
    if wish.kind == "neutral":
        return f"taking the neutral face, {wish.duration_s:g} s: relax, look ahead"
    what = ", ".join(wish.channels) or "all movements"
    return f"taking the range of {what}, {wish.duration_s:g} s: go as far as you can"


def _face_frame(
    sequence: int, subject: int, time_s: float, captured_at_s: float, estimate: Estimate | None
) -> FaceFrame:
    if estimate is None:
        return FaceFrame.lost(sequence, subject, time_s, captured_at_s)
    return FaceFrame(
        sequence=sequence,
        subject=subject,
        time_s=time_s,
        captured_at_s=captured_at_s,
        valid=True,
        confidence=estimate.confidence,
        channels=estimate.channels,
    )
