# SPDX-License-Identifier: GPL-3.0-or-later
"""One clock for a recording whose source may start anew: a server's restart, a clip that loops."""

from __future__ import annotations


class SourceClock:
    """Recording time of frames: the source's own, and after a fresh start it goes on.

    The first source's times are kept as they are. When a source's clock starts anew, its first
    frame is put as long after the last one as it came later, on the receiver's clock.
    """

    def __init__(self) -> None:
        self._session: str | None = None
        self._offset_s = 0.0
        self._source_s: dict[int, float] = {}  # of each subject's last frame
        self._last_s = 0.0
        self._last_now_s = 0.0

    def __call__(self, session: str, subject: int, time_s: float, now_s: float) -> float:
        """Recording time of a frame.

        Args:
            session: of the server that sent it.
            subject: whose it is; each one's times rise until the source starts anew.
            time_s: source time.
            now_s: receiver's clock, does not fall.
        """
        if self._session is None:
            self._session = session
        elif session != self._session or time_s < self._source_s.get(subject, time_s):
            self._session = session
            self._source_s.clear()
            self._offset_s = self._last_s + max(now_s - self._last_now_s, 1e-3) - time_s
        self._source_s[subject] = time_s
        self._last_s = max(self._last_s, time_s + self._offset_s)
        self._last_now_s = now_s
        return time_s + self._offset_s
