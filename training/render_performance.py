"""Render the bundled clip: an animated performance of the rig itself.

    python -m training.render_performance --out geface_bridge/capture/performance.mp4

``stream`` plays it when there is no camera. Because the rig acted it, the channels of every
frame are known (``performance_channels``), which the end-to-end test holds the estimator to.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from geface_bridge.errors import ConfigError
from rig.layout import load_layout
from training.console import TrainingCommand

RATE_HZ = 30.0
DURATION_S = 16.0
WIDTH, HEIGHT = 640, 480
IDENTITY_SEED = 6

# (seconds, channels that are not zero then). "AU12" stands for both of its sides.
KEYS: tuple[tuple[float, dict[str, float]], ...] = (
    (0.0, {}),
    (0.8, {"head_pitch": 0.05}),
    (1.5, {"AU12": 0.85, "AU06": 0.7, "AU25": 0.5, "head_roll": 0.08}),
    (2.5, {"AU12": 0.9, "AU06": 0.8, "AU25": 0.6, "head_roll": 0.08}),
    (3.1, {}),
    (3.7, {"AU01": 0.9, "AU02": 0.9, "AU05": 0.5, "head_pitch": -0.08}),
    (4.4, {"AU01": 0.9, "AU02": 0.9, "AU05": 0.5, "AU25": 0.5, "AU26": 0.6}),
    (5.0, {}),
    (5.6, {"AU04": 0.9, "AU07": 0.5, "AU24": 0.6, "head_pitch": 0.10}),
    (6.4, {"AU04": 0.9, "AU07": 0.5, "AU15": 0.6, "AU17": 0.6, "head_pitch": 0.10}),
    (7.0, {}),
    (7.5, {"head_yaw": 0.45, "gaze_yaw": -0.15}),
    (8.2, {"head_yaw": 0.0}),
    (8.8, {"head_yaw": -0.45, "gaze_yaw": 0.15}),
    (9.5, {}),
    (9.8, {"AU43_L": 1.0, "AU06_L": 0.5, "AU12_L": 0.4}),
    (10.2, {"AU43_L": 1.0, "AU06_L": 0.5, "AU12_L": 0.4}),
    (10.6, {}),
    (11.0, {"AU26": 0.5, "AU25": 0.5}),
    (11.25, {"AU24": 0.3}),
    (11.5, {"AU22": 0.7, "AU26": 0.2}),
    (11.8, {"AU25": 0.5, "AU26": 0.25, "AU20": 0.4}),
    (12.1, {"AU18": 0.8}),
    (12.5, {"AU25": 0.6, "AU26": 0.4, "AU12": 0.3}),
    (12.9, {}),
    (13.4, {"AU09": 0.8, "AU10": 0.7, "AU04": 0.5}),
    (14.0, {"AU09": 0.8, "AU10": 0.7, "AU04": 0.5}),
    (14.6, {"gaze_yaw": 0.35}),
    (15.1, {"gaze_yaw": -0.35}),
    (15.6, {}),
    (16.0, {}),
)
BLINKS_S = (0.5, 3.3, 5.2, 7.2, 9.3, 12.95, 15.7)


def _spread(values: dict[str, float]) -> NDArray[np.float64]:
    """(C,) channels of one key."""
    layout = load_layout()
    sides = {au.name: au.channels for au in layout.all_aus}
    out = np.zeros(len(layout.channels))
    for name, value in values.items():
        for channel in sides.get(name, (name,)):
            out[layout.channel_index[channel]] = value
    return out


def performance_channels(time_s: float) -> NDArray[np.float64]:
    """(C,) channels of the performance at a time, 0..``DURATION_S``."""
    times = [t for t, _ in KEYS]
    after = int(np.clip(np.searchsorted(times, time_s, side="right"), 1, len(KEYS) - 1))
    (start, first), (end, second) = KEYS[after - 1], KEYS[after]
    share = np.clip((time_s - start) / (end - start), 0, 1)
    share = share * share * (3 - 2 * share)
    out = (1 - share) * _spread(first) + share * _spread(second)
    blink = max(max(0.0, 1 - abs(time_s - t) / 0.12) for t in BLINKS_S)
    layout = load_layout()
    for name in ("AU43_L", "AU43_R"):
        i = layout.channel_index[name]
        out[i] = max(out[i], min(1.0, 1.6 * blink))
    return np.asarray(out)


def frame_count() -> int:
    """Frames of the clip."""
    return round(DURATION_S * RATE_HZ)


def _room() -> NDArray[np.uint8]:
    """(HEIGHT, WIDTH, 3) a plain, softly lit wall."""
    x, y = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
    light = 1 - 0.28 * (x - 0.3) ** 2 - 0.22 * (y + 0.2) ** 2
    wall = light[..., None] * np.array([118.0, 126.0, 132.0])
    return np.asarray(np.clip(wall, 0, 255), dtype=np.uint8)


def render_performance(out: Path, stride: int = 1) -> None:
    """Render the clip to an MP4 file.

    Raises:
        ConfigError: OpenCV cannot write there.
    """
    from rig.render import Renderer, over
    from rig.sampling import sample_face
    from rig.view import Light, View

    key = Light((0.45, 0.45, 0.77), (1.0, 0.97, 0.92), 3.4)
    rim = Light((-0.8, 0.1, 0.6), (0.8, 0.9, 1.0), 1.1)
    view = View(0.7, 0.36, (0.0, 0.015), 0.0, (0.55, 0.55, 0.57), (key, rim))
    base = sample_face(IDENTITY_SEED, 0)
    look = replace(base.look, age_creases=0.08, shirt=(0.20, 0.24, 0.30))
    identity = 0.5 + 0.5 * (base.parameters[load_layout().blocks["identity"]] - 0.5)
    writer = cv2.VideoWriter(
        str(out), cv2.VideoWriter.fourcc(*"mp4v"), RATE_HZ / stride, (WIDTH, HEIGHT)
    )
    if not writer.isOpened():
        raise ConfigError(f"cannot write a video to {out}: choose another --out")
    room, top = _room(), (WIDTH - HEIGHT) // 2
    with Renderer(WIDTH) as renderer:
        for frame in tqdm(range(0, frame_count(), stride), unit="frame", disable=None):
            channels = performance_channels(frame / RATE_HZ)
            square = renderer.render_plain(channels, look, view, identity)
            writer.write(over(square[top : top + HEIGHT], room)[..., ::-1])
    writer.release()


@click.command(cls=TrainingCommand)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("geface_bridge/capture/performance.mp4"),
    show_default=True,
)
@click.option("--stride", type=click.IntRange(1), default=1, help="Render every n-th frame.")
def main(out: Path, stride: int) -> None:
    """Render the animated performance that stream plays without a camera."""
    render_performance(out, stride)
    click.echo(f"{frame_count() // stride} frames at {RATE_HZ / stride:g} Hz in {out}")


if __name__ == "__main__":
    main()
