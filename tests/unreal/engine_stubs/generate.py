"""A stand-in for Unreal's header tool: the *.generated.h that our UCLASS headers include.

    python generate.py OUT HEADER...

It reads the few forms that the plugin has (UCLASS(...) class X_API UName : public UParent, with
GENERATED_BODY()) and refuses what the real tool would refuse too: a missing include, one that is
not the last, a class without a body macro.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CLASS = re.compile(r"^UCLASS\([^\n]*\)\nclass (?:\w+_API )?(\w+) : public (\w+)\n\{", re.MULTILINE)
INCLUDES = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def generated(header: Path) -> str | None:
    """Text of a header's .generated.h; None for a header without classes."""
    text = header.read_text(encoding="utf-8")
    marks = len(re.findall(r"^(?:UCLASS|USTRUCT|UENUM)\(", text, re.MULTILINE))
    if marks == 0:
        return None
    includes = INCLUDES.findall(text)
    if not includes or includes[-1] != f"{header.stem}.generated.h":
        raise SystemExit(f"{header}: its last include has to be {header.stem}.generated.h")
    classes = list(CLASS.finditer(text))
    if len(classes) != len(re.findall(r"^UCLASS\(", text, re.MULTILINE)):
        raise SystemExit(f"{header}: a UCLASS is not of the form that generate.py reads")
    identity = f"FID_{header.stem}_h"
    lines = ["#pragma once", "#undef CURRENT_FILE_ID", f"#define CURRENT_FILE_ID {identity}"]
    for found in classes:
        body = text.find("GENERATED_BODY()", found.end())
        if body < 0 or "};" in text[found.end() : body]:
            raise SystemExit(f"{header}: {found[1]} has no GENERATED_BODY()")
        line = text.count("\n", 0, body) + 1
        # Private after it, as the real one leaves it.
        lines.append(
            f"#define {identity}_{line}_GENERATED_BODY STUB_CLASS({found[1]}, {found[2]}) private:"
        )
    return "\n".join(lines) + "\n"


def main(out: str, *headers: str) -> None:
    """Write one file a header that needs it."""
    Path(out).mkdir(parents=True, exist_ok=True)
    for header in map(Path, headers):
        text = generated(header)
        if text is not None:
            (Path(out) / f"{header.stem}.generated.h").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
