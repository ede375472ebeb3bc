"""Seeds for the fuzz targets, from the golden vectors.

python tests/unreal/make_corpus.py FOLDER    # writes FOLDER/session, …/profile, …/connection
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "contract" / "golden"


def session_seeds() -> dict[str, bytes]:
    """Every golden message, and whole connections: 0xff, then each with its length in 2 bytes."""
    golden = json.loads((GOLDEN / "geface_v1.json").read_text(encoding="utf-8"))
    kinds = ("canonical", "accepted", "ignored", "refused")
    vectors = [vector for kind in kinds for vector in golden[kind]]
    messages = {vector["name"]: bytes.fromhex(vector["hex"]) for vector in vectors}
    small = {name: data for name, data in messages.items() if len(data) < 700}
    seeds = dict(small)
    for name, data in small.items():
        parts = [messages["hello"], messages["frame"], data, messages["pong"]]
        framed = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
        seeds[f"after_{name}"] = b"\xff" + framed
    return seeds


def profile_seeds() -> dict[str, bytes]:
    """The worked profile, whole and broken off, and JSON's odd corners."""
    golden = json.loads((GOLDEN / "retarget_v2.json").read_text(encoding="utf-8"))
    text = json.dumps(golden["worked"]["profile"]).encode()
    odd = rb'{"a":[1e-3,-0.5E+7,"\u00e9\ud83d\ude00\n",true,false,null,{}]}'
    return {"worked": text, "half": text[: len(text) // 2], "odd": odd}


def connection_seeds() -> dict[str, bytes]:
    """Strings as presets keep them and as people write them."""
    full = b"url=wss://studio:9000/a;token=a%3Bb;subject-prefix=Ann_;role=animation;curves=both;"
    profile = "profile=C:\\Köpfe\\kopf.json;delay_ms=12.5".encode()
    return {"full": full + profile, "loose": b" delay_ms = 0.001 ; curves=au;;role=basic "}


def main(arguments: list[str]) -> int:
    """Write the seeds."""
    kinds = {"session": session_seeds, "profile": profile_seeds, "connection": connection_seeds}
    for name, seeds in ((kind, make()) for kind, make in kinds.items()):
        folder = Path(arguments[0]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed, data in seeds.items():
            (folder / seed).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
