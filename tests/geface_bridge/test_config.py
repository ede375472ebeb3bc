from __future__ import annotations

from pathlib import Path

import pytest

from geface_bridge.config import PhoneConfig, ServingConfig, SourceConfig, StreamConfig
from geface_bridge.errors import ConfigError

CLIP = Path("clip.mp4")


def test_nothing_chosen_is_a_choice():
    assert SourceConfig() == SourceConfig(camera=None, video=None, url=None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"camera": 0, "video": CLIP}, "--camera and --video are given, expected one of them"),
        ({"video": CLIP, "url": "http://x"}, "--video and --url are given"),
        ({"loop": True}, "--loop is given without --video FILE"),
        ({"camera": 1, "realtime": False}, "--fast is given without --video FILE"),
    ],
)
def test_choices_that_contradict_each_other(options, message):
    with pytest.raises(ConfigError, match=message):
        SourceConfig(**options)


def test_a_file_may_loop_and_run_fast():
    config = SourceConfig(video=CLIP, loop=True, realtime=False)
    assert (config.loop, config.realtime) == (True, False)


def test_phones_are_heard_on_their_applications_ports_unless_told_otherwise():
    assert PhoneConfig.parse("livelink", "::1") == PhoneConfig("livelink", "::1", 11111)
    assert PhoneConfig.parse("ifacialmocap", "h", "p") == PhoneConfig(
        "ifacialmocap", "h", 49983, "p"
    )
    assert PhoneConfig.parse("livelink:7", "h").port == 7


@pytest.mark.parametrize(
    "text", ["", "kinect", "livelink:", "livelink:x", "livelink:65536", "livelink:²"]
)
def test_what_is_no_phone(text):
    with pytest.raises(ConfigError, match="--from"):
        PhoneConfig.parse(text, "127.0.0.1")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ServingConfig(tls_cert=CLIP), "--tls-cert is given without --tls-key"),
        (lambda: ServingConfig(tls_key=CLIP), "--tls-key is given without --tls-cert"),
        (lambda: StreamConfig(performers=("a", "b")), r"2 performers .* for 1 face.*--faces 2"),
        (lambda: StreamConfig(audio="a.wav"), "--audio is given without --record"),
    ],
)
def test_options_that_need_others(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
