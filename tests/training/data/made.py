"""Small films and labels in the formats of sets that need a licence."""

import cv2
import numpy as np


def shade(number):
    """(48, 64, 3) picture whose grey tells its frame number."""
    return np.full((48, 64, 3), 10 * number, np.uint8)


def write_film(path, count):
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 20, (64, 48))
    for number in range(1, count + 1):
        writer.write(shade(number))
    writer.release()


def write_labels(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{number},{value}\n" for number, value in rows))


def make_disfa(root, subjects=("SN001", "SN003"), frames=6):
    from training.data.disfa import AUS

    for subject in subjects:
        write_film(root / f"Videos_LeftCamera/LeftVideo{subject}_comp.avi", frames)
        for au in AUS:
            rows = [(n, (n + au) % 6) for n in range(1, frames + 1)]
            write_labels(root / f"ActionUnit_Labels/{subject}/{subject}_au{au}.txt", rows)
    return root


def make_bp4d(root, films=(("F001", "T1"), ("F002", "T8")), first=4, frames=5):
    """Scored frames are 4 to 8; AU10 of the sixth could not be scored."""
    from training.data.bp4d import AUS

    for subject, task in films:
        folder = root / f"2D+3D/{subject}/{task}"
        folder.mkdir(parents=True)
        for number in range(1, first + frames + 3):
            cv2.imwrite(str(folder / f"{number:04d}.jpg"), shade(number))
        for au in AUS:
            codes = {n: 9 if (au, n) == (10, 6) else (n + au) % 6 for n in range(first, 9)}
            label = root / f"AUCoding/AU_INT/AU{au:02d}/{subject}_{task}_AU{au:02d}.csv"
            write_labels(label, codes.items())
    return root
