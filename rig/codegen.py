"""What other languages know of the layout: constants made from ``face_layout.json``.

    python -m rig.codegen          # writes the files
    python -m rig.codegen --check  # exit 1 if a committed copy is stale

The files are committed, so that nobody who builds them needs Python. ``TARGETS`` lists them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from rig.layout import Layout, load_layout
from rig.profile import Profile, load_profile

ROOT = Path(__file__).resolve().parents[1]
ARKIT = "arkit52"
WIDTH = 100


def cpp_header(layout: Layout, arkit: Profile) -> str:
    """The C++17 header: channels, mirror image and the ARKit table as constexpr data."""
    parts = (*_channels(layout), "", *_mirror(layout), "", *_arkit(layout, arkit))
    return "\n".join((*_HEAD, *parts, "", "}  // namespace geface::layout", ""))


_HEAD = (
    "// Made by `python -m rig.codegen` from rig/face_layout.json and rig/profiles/arkit52.json.",
    "// Not to be edited.",
    "#pragma once",
    "",
    "#include <cstddef>",
    "",
    "namespace geface::layout {",
    "",
)


def _channels(layout: Layout) -> Iterable[str]:
    au_of = {name: au for au in layout.all_aus for name in au.channels}
    yield "// Equal ids mean equal channels."
    yield f"constexpr const char* kLayoutId = {_text(layout.layout_id)};"
    yield ""
    yield "struct Channel {"
    yield "    const char* name;"
    yield '    const char* unit;   // "intensity", "rad" or "m"'
    yield "    double low, high;   // the range it normally keeps to"
    yield '    const char* au;     // FACS number, "" if it is no action unit'
    yield '    const char* label;  // in words, "" if it is no action unit'
    yield "};"
    yield ""
    yield f"constexpr std::size_t kChannelCount = {len(layout.channels)};"
    yield "constexpr Channel kChannels[kChannelCount] = {"
    for channel in layout.channels:
        au = au_of.get(channel.name)
        number, label = (au.number, au.label) if au else ("", "")
        texts = _text(channel.name), _text(channel.unit)
        ends = _number(channel.low), _number(channel.high)
        yield f"    {{{', '.join((*texts, *ends, _text(number), _text(label)))}}},"
    yield "};"


def _mirror(layout: Layout) -> Iterable[str]:
    order, signs = layout.mirror_channels
    yield "// Mirror image: mirrored[i] = kMirrorSign[i] * channels[kMirrorOf[i]]."
    yield "constexpr std::size_t kMirrorOf[kChannelCount] = {"
    yield from _wrapped(str(i) for i in order)
    yield "};"
    yield "constexpr double kMirrorSign[kChannelCount] = {"
    yield from _wrapped(_number(sign) for sign in signs)
    yield "};"


def _arkit(layout: Layout, arkit: Profile) -> Iterable[str]:
    factors = [factor for driver in arkit.drivers for factor in driver.factors]
    curves = {name: i for i, name in enumerate(arkit.curve_names)}
    poses = [arkit.poses[driver.pose].curves for driver in arkit.drivers]
    yield "// ARKit's shapes, in the order of Live Link Face. A driver's weight is the product of"
    yield "// max(0, gain * channel) over its factors; it adds weight * value to its terms' curves,"
    yield "// which are clipped to 0..1 in the end (rig/profiles/README.md)."
    yield "struct ArkitFactor {\n    std::size_t channel;\n    double gain;\n};"
    yield "struct ArkitTerm {\n    std::size_t curve;\n    double value;\n};"
    yield "struct ArkitDriver {\n    std::size_t first_factor, factor_count;"
    yield "    std::size_t first_term, term_count;\n};"
    yield ""
    yield f"constexpr std::size_t kArkitCount = {len(curves)};"
    yield "constexpr const char* kArkitNames[kArkitCount] = {"
    yield from _wrapped(_text(name) for name in curves)
    yield "};"
    yield "constexpr ArkitFactor kArkitFactors[] = {"
    index = layout.channel_index
    yield from _wrapped(f"{{{index[f.channel]}, {_number(f.gain)}}}" for f in factors)
    yield "};"
    yield "constexpr ArkitTerm kArkitTerms[] = {"
    terms = (f"{{{curves[name]}, {_number(v)}}}" for pose in poses for name, v in pose.items())
    yield from _wrapped(terms)
    yield "};"
    yield "constexpr ArkitDriver kArkitDrivers[] = {"
    yield from _wrapped(_spans(arkit))
    yield "};"


def _spans(arkit: Profile) -> Iterable[str]:
    factor = term = 0
    for driver in arkit.drivers:
        factors, terms = len(driver.factors), len(arkit.poses[driver.pose].curves)
        yield f"{{{factor}, {factors}, {term}, {terms}}}"
        factor, term = factor + factors, term + terms


def blender_module(layout: Layout) -> str:
    """The Blender add-on's module: channels, mirror image and words for people, as plain data."""
    order, signs = layout.mirror_channels
    rows = [f"    {_row(c.name, c.unit, c.low, c.high)},\n" for c in layout.channels]
    names = layout.channel_names
    twins = zip(names, (names[i] for i in order), signs, strict=True)
    mirror = [
        f"    {_text(name)}: ({_text(twin)}, {_number(sign)}),\n" for name, twin, sign in twins
    ]
    words = [f"    {_text(name)}: {_text(label)},\n" for name, label in _labels(layout).items()]
    return (
        f"{_PYTHON_HEAD}"
        f"LAYOUT_ID = {_text(layout.layout_id)}\n"
        '"""Equal ids mean equal channels."""\n\n'
        f"CHANNELS: tuple[tuple[str, str, float, float], ...] = (\n{''.join(rows)})\n"
        '"""Name, unit ("intensity", "rad", "m") and the range it normally keeps to."""\n\n'
        f"MIRROR: dict[str, tuple[str, float]] = {{\n{''.join(mirror)}}}\n"
        '"""Mirror image: mirrored[name] = sign * channels[twin]."""\n\n'
        f"LABELS: dict[str, str] = {{\n{''.join(words)}}}\n"
        '"""What an action unit is called, for people: FACS number, name, side."""\n'
    )


_PYTHON_HEAD = '''# SPDX-License-Identifier: GPL-3.0-or-later
"""Made by `python -m rig.codegen` from rig/face_layout.json. Not to be edited."""

from __future__ import annotations

'''


def _row(name: str, unit: str, low: float, high: float) -> str:
    return f"({_text(name)}, {_text(unit)}, {_number(low)}, {_number(high)})"


def _labels(layout: Layout) -> dict[str, str]:
    """Channel name → "AU12 lip corner puller, left"; the number is FACS's, "30L" included."""
    labels = {}
    for au in layout.all_aus:
        sides = (", left", ", right") if au.sided else ("",)
        for name, side in zip(au.channels, sides, strict=True):
            labels[name] = f"AU{au.number} {au.label}{side}"
    return labels


def _text(value: str) -> str:
    if not value.isascii() or '"' in value or "\\" in value:
        raise ValueError(f"{value!r} needs escapes that no name here should need")
    return f'"{value}"'


def _number(value: float) -> str:
    return repr(float(value))


def _wrapped(items: Iterable[str]) -> Iterable[str]:
    line = ""
    for item in items:
        if line and len(line) + len(item) + 6 > WIDTH:
            yield f"    {line.rstrip()}"
            line = ""
        line += f"{item}, "
    yield f"    {line.rstrip()}"


def _cpp() -> str:
    return cpp_header(load_layout(), load_profile(ARKIT))


def _blender() -> str:
    return blender_module(load_layout())


TARGETS: dict[str, Callable[[], str]] = {
    "unreal_plugin/GeFaceBridge/Source/GeFaceCore/Public/GeFaceCore/GeneratedLayout.h": _cpp,
    "blender_addon/geface/core/layout_generated.py": _blender,
}


def stale(root: Path) -> list[str]:
    """Targets below ``root`` whose text is not what would be made now."""
    found = {name: root / name for name in TARGETS}
    return [
        name
        for name, path in found.items()
        if not path.exists() or path.read_text(encoding="utf-8") != TARGETS[name]()
    ]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the files, or compare them."""
    if "--check" not in arguments:
        for name, make in TARGETS.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(make(), encoding="utf-8")
        return 0
    for name in (old := stale(root)):
        print(f"{name} is stale: run python -m rig.codegen")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
