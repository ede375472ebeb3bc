from __future__ import annotations

import io

from geface_bridge.live.statusline import PLAIN_LINE_S, REDRAW_S, Snapshot, StatusLine, describe

NOW = Snapshot(
    rate_hz=29.97,
    stage_ms={"align": 4.04, "estimate": 2.5, "motion": 0.1, "publish": 0.2},
    clients=1,
    skipped=3,
    dropped=2,
    faces=1,
)


class Terminal(io.StringIO):
    """Keeps what is on the screen as a terminal would: \\r goes back, text overwrites."""

    def isatty(self) -> bool:
        return True

    def screen(self) -> list[str]:
        lines = []
        for line in self.getvalue().split("\n"):
            cells: list[str] = []
            for part in line.split("\r"):
                cells[: len(part)] = part
            lines.append("".join(cells).rstrip())
        return lines


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_line_in_words():
    stages = "align 4.0 estimate 2.5 motion 0.1 publish 0.2 ms"
    assert describe(NOW) == f"30 fps  {stages}  1 client  dropped 3+2  face"
    assert describe(Snapshot(0.0)) == "0 fps  0 clients  dropped 0+0  no face"
    assert describe(Snapshot(0.0, faces=3)).endswith("  3 faces")


def test_all_that_is_asked_for_fits_eighty_columns():
    assert len(describe(NOW).rpartition("  ")[0]) < 80


def test_a_terminal_gets_one_line_rewritten():
    terminal, clock = Terminal(), Clock()
    line = StatusLine(terminal, clock)
    line.show(NOW)
    clock.now_s += REDRAW_S
    line.show(Snapshot(5.0))
    assert terminal.screen() == [describe(Snapshot(5.0))]
    line.end()
    assert terminal.screen() == [describe(Snapshot(5.0)), ""]


def test_events_stand_above_the_line():
    terminal, clock = Terminal(), Clock()
    line = StatusLine(terminal, clock)
    line.say("first")
    line.show(NOW)
    line.say("camera 0 is back")
    shown = describe(NOW)[:79]
    assert terminal.screen() == ["first", "camera 0 is back", shown]


def test_the_line_is_not_rewritten_before_its_turn():
    terminal, clock = Terminal(), Clock()
    line = StatusLine(terminal, clock)
    line.show(NOW)
    written = terminal.getvalue()
    clock.now_s += REDRAW_S / 2
    assert not line.due
    line.show(Snapshot(1.0))
    assert terminal.getvalue() == written


def test_a_file_gets_plain_lines_now_and_then():
    output, clock = io.StringIO(), Clock()
    line = StatusLine(output, clock)
    for _ in range(21):
        line.show(NOW)
        clock.now_s += PLAIN_LINE_S / 10
    line.say("event")
    line.end()
    assert output.getvalue() == f"{describe(NOW)}\n{describe(NOW)}\nevent\n"
