"""Head rotation and position from landmarks, by a rigid fit to the template."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align.faces import HeadPose
from geface_bridge.align.geometry import fit_similarity, head_angles_from_rotation
from geface_bridge.align.template import load_template

DEFAULT_FIELD_OF_VIEW_RAD = math.radians(60.0)


def estimate_head(
    landmarks_px: NDArray[np.float64],
    image_size: tuple[int, int],
    field_of_view_rad: float = DEFAULT_FIELD_OF_VIEW_RAD,
) -> HeadPose:
    """Weak-perspective head pose of one face.

    Only landmarks that move with the skull are used. Distance follows from the face's size,
    an average eye distance of 63 mm and the field of view, so it is right within the spread of
    human heads (about 10 %) when the field of view is; rotation is relative to the line of
    sight, which in a wide picture's corner differs from the camera's axis.

    Args:
        landmarks_px: (478, 3) as in ``AlignedFace``.
        image_size: (width, height) in pixels.
        field_of_view_rad: of the longer side of the image.
    """
    template = load_template()
    camera_points = landmarks_px[template.stable] * (1.0, -1.0, -1.0)
    fit = fit_similarity(template.positions_m[template.stable], camera_points)
    yaw, pitch, roll = head_angles_from_rotation(fit.rotation)
    focal_px = max(image_size) / 2.0 / math.tan(field_of_view_rad / 2.0)
    x_m = (fit.translation[0] - image_size[0] / 2.0) / fit.scale
    y_m = (fit.translation[1] + image_size[1] / 2.0) / fit.scale
    return HeadPose(yaw, pitch, roll, float(x_m), float(y_m), -focal_px / fit.scale)
