import io

import pytest

from training.progress import PLAIN_EVERY_S, Progress, progress_line


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("done", "total", "elapsed_s", "line"),
    [
        (0, 10, 0.0, "0 of 10 faces"),
        (512, 2048, 40.0, "512 of 2048 faces, 12.8 a second, 2:00 left"),
        (10, 10, 4.0, "10 of 10 faces, 2.5 a second, 0:00 left"),
        (100, 1_000_000, 10.0, "100 of 1000000 faces, 10.0 a second, 27:46:30 left"),
    ],
)
def test_a_line_has_the_rate_and_what_is_left(done, total, elapsed_s, line):
    assert progress_line(done, total, "faces", elapsed_s) == line


def test_a_pipe_gets_a_line_now_and_then_and_one_at_the_end():
    now_s, pipe = [0.0], io.StringIO()
    with Progress(100, "faces", pipe, lambda: now_s[0]) as progress:
        for step in range(1, 101):
            now_s[0] = step * PLAIN_EVERY_S / 40
            progress.reach(step)
            progress.reach(step - 1)  # an older count changes nothing
    lines = pipe.getvalue().splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "40 of 100 faces",
        "80 of 100 faces",
        "100 of 100 faces",
    ]


def test_a_terminal_gets_a_bar():
    terminal = Terminal()
    with Progress(4, "faces", terminal) as progress:
        progress.reach(3)
    assert "3/4" in terminal.getvalue()
    assert "\r" in terminal.getvalue()


def test_a_run_that_fails_claims_no_end():
    pipe = io.StringIO()

    def run():
        with Progress(4, "faces", pipe) as progress:
            progress.reach(2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run()
    assert pipe.getvalue() == ""
