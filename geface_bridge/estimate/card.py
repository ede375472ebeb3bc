"""Cards: what a file of weights is, where it comes from, and proof that it is that file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geface_bridge.errors import ModelError
from rig.layout import Layout

REQUIRED = (
    "name",
    "file",
    "sha256",
    "layout_id",
    "channel_names",
    "licence",
    "data",
    "metrics",
    "command",
    "seed",
)


@dataclass(frozen=True)
class ModelCard:
    """The JSON file beside a file of weights.

    Attributes:
        name: of the model.
        file: name of the weights' file, in the card's folder.
        sha256: of that file, 64 hex digits.
        layout_id: the layout its channels belong to.
        channel_names: its outputs, in order.
        licence: of the weights, SPDX.
        raw: the whole card: also data, metrics, and the command and seed that made it.
    """

    name: str
    file: str
    sha256: str
    layout_id: str
    channel_names: tuple[str, ...]
    licence: str
    raw: dict[str, Any]


def card_path(model_path: Path) -> Path:
    """Where the card of a file of weights lies."""
    return model_path.with_suffix(".json")


def read_card(path: Path) -> ModelCard:
    """Read and check a card's form.

    Raises:
        ModelError: it is missing, no JSON, or lacks a field.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"model card {path} does not exist; weights are only used with their card, "
            "copy it beside them or export them again"
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"model card {path} is no JSON ({error}); export it again") from None
    lacking = [key for key in REQUIRED if key not in raw] if isinstance(raw, dict) else REQUIRED
    if lacking:
        raise ModelError(f"model card {path} lacks {', '.join(lacking)}; export it again")
    names = tuple(str(name) for name in raw["channel_names"])
    strings = {key: str(raw[key]) for key in ("name", "file", "sha256", "layout_id", "licence")}
    return ModelCard(channel_names=names, raw=raw, **strings)


def verify_model(model_path: Path, card: ModelCard, layout: Layout) -> None:
    """Check that a file is the card's and that it speaks this layout.

    Raises:
        ModelError: the file is missing, its hash differs, or the layout does.
    """
    if not model_path.is_file():
        raise ModelError(
            f"model {model_path} does not exist; give another with --model PATH, or install "
            "geface-bridge again"
        )
    found = hashlib.sha256(model_path.read_bytes()).hexdigest()
    if found != card.sha256:
        raise ModelError(
            f"model {model_path} is corrupt: sha256 {found[:12]}…, its card says "
            f"{card.sha256[:12]}…; copy or download it again"
        )
    if card.layout_id != layout.layout_id:
        raise ModelError(
            f"model {model_path} is made for layout {card.layout_id}, this installation has "
            f"{layout.layout_id}; take the model of this version or install the model's version"
        )
    unknown = [name for name in card.channel_names if name not in layout.channel_index]
    if unknown:
        raise ModelError(
            f"model {model_path} gives channels {', '.join(unknown[:5])} that layout "
            f"{layout.layout_id} lacks; export it again"
        )
