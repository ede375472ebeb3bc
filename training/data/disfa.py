"""DISFA: 27 adults, 4,845 frames each, twelve AUs scored 0 to 5 in every frame.

Mavadati et al., "DISFA: A Spontaneous Facial Action Intensity Database", IEEE Transactions on
Affective Computing 4(2), 2013. A licence is needed. Folders as they come unpacked:

    ActionUnit_Labels/SN001/SN001_au1.txt     lines FRAME,INTENSITY, frames from 1
    Videos_LeftCamera/LeftVideoSN001_comp.avi
"""

from __future__ import annotations

from pathlib import Path

from geface_bridge.errors import SourceError
from training.data.labelled import LabelledSequence, Split, read_scores, table

AUS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
# The paper tests on 9 of the 27 people without naming them; these are the nine of the third part
# that three-fold protocols on DISFA share.
TEST_SUBJECTS = frozenset(f"SN{n:03d}" for n in (3, 4, 5, 7, 8, 17, 23, 25, 29))


def read_disfa(root: Path) -> list[LabelledSequence]:
    """All people of an unpacked DISFA, by name.

    Raises:
        SourceError: folders, labels or films are missing or broken; the message names them.
    """
    labels = root / "ActionUnit_Labels"
    people = sorted(path for path in labels.glob("SN*") if path.is_dir())
    if not people:
        raise SourceError(f"{labels} holds no SN001, SN002, …: expected DISFA as it is unpacked")
    return [_sequence(root, folder) for folder in people]


def _sequence(root: Path, folder: Path) -> LabelledSequence:
    subject = folder.name
    files = {f"AU{au:02d}": folder / f"{subject}_au{au}.txt" for au in AUS}
    scores = {name: read_scores(path) for name, path in files.items()}
    numbers, intensities = table(scores)
    split: Split = "test" if subject in TEST_SUBJECTS else "train"
    film = _film(root, subject)
    return LabelledSequence(
        subject, subject, split, film, tuple(files), numbers, intensities, tuple(files.values())
    )


def _film(root: Path, subject: str) -> Path:
    """The left camera's film; the folder is called Video… or Videos… by edition."""
    found = sorted(root.glob(f"Video*LeftCamera/LeftVideo{subject}_comp.*"))
    if not found:
        raise SourceError(
            f"{root} holds no Videos_LeftCamera/LeftVideo{subject}_comp.avi, whose labels are there"
        )
    return found[0]
