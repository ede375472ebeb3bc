"""BP4D: 41 young adults in eight tasks, five AUs scored 0 to 5 in about 20 s of each.

Zhang et al., "BP4D-Spontaneous: a high-resolution spontaneous 3D dynamic facial expression
database", Image and Vision Computing 32(10), 2014. A licence is needed. Folders:

    AUCoding/AU_INT/AU06/F001_T1_AU06.csv     lines FRAME,INTENSITY; 9 where nobody could score
    2D+3D/F001/T1/0001.jpg                    or Sequences/F001/T1/001.jpg

Editions name the folders differently, so both are looked for anywhere below the root.
"""

from __future__ import annotations

import re
from pathlib import Path

from geface_bridge.errors import SourceError
from training.data.labelled import LabelledSequence, Split, read_scores, table

AUS = (6, 10, 12, 14, 17)
NOT_SCORED = 9.0
_LABEL = re.compile(r"([FM]\d{3})_(T\d)_AU(\d\d)")


def split_of(subject: str) -> Split:
    """Which part a person belongs to: odd numbers train, even ones test.

    The paper trains on 21 people and tests on 20 without naming them; these are FERA 2015's 21
    and 20 (Valstar et al., "FERA 2015 - second Facial Expression Recognition and Analysis
    challenge", 2015).
    """
    return "train" if int(subject[1:]) % 2 else "test"


def read_bp4d(root: Path) -> list[LabelledSequence]:
    """All films with intensities of an unpacked BP4D, by person and task.

    Raises:
        SourceError: folders, labels or pictures are missing or broken; the message names them.
    """
    labels: dict[tuple[str, str], dict[int, Path]] = {}
    for path in sorted(root.rglob("*_AU??.csv")):
        match = _LABEL.fullmatch(path.stem)
        if match and int(match[3]) in AUS:
            labels.setdefault((match[1], match[2]), {})[int(match[3])] = path
    if not labels:
        raise SourceError(
            f"{root} holds no F001_T1_AU06.csv and the like: expected BP4D with its intensities"
        )
    folders = _picture_folders(root)
    return [_sequence(root, *key, files, folders) for key, files in sorted(labels.items())]


def _picture_folders(root: Path) -> dict[tuple[str, str], Path]:
    """(person, task) → folder F001/T1."""
    tasks = (path for path in root.rglob("T?") if path.is_dir())
    return {(path.parent.name, path.name): path for path in sorted(tasks)}


def _sequence(
    root: Path,
    subject: str,
    task: str,
    files: dict[int, Path],
    folders: dict[tuple[str, str], Path],
) -> LabelledSequence:
    name = f"{subject}_{task}"
    missing = [au for au in AUS if au not in files]
    if missing:
        raise SourceError(f"{root}: {name} has no {name}_AU{missing[0]:02d}.csv, expected {AUS}")
    if (subject, task) not in folders:
        raise SourceError(f"{root} holds no folder {subject}/{task} with the pictures of {name}")
    scores = {f"AU{au:02d}": read_scores(files[au], NOT_SCORED) for au in AUS}
    numbers, intensities = table(scores)
    return LabelledSequence(
        name,
        subject,
        split_of(subject),
        folders[subject, task],
        tuple(scores),
        numbers,
        intensities,
        tuple(files[au] for au in AUS),
    )
