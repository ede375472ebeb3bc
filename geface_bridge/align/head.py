"""Head rotation and position from landmarks, by a rigid fit to the template."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align.faces import HeadPose
from geface_bridge.align.geometry import (
    camera_from_sight,
    fit_similarity,
)
from geface_bridge.align.template import load_template
from rig.rotations import euler_yxz_to_matrix, matrix_to_euler_yxz

DEFAULT_FIELD_OF_VIEW_RAD = math.radians(60.0)


def estimate_head(
    landmarks_px: NDArray[np.float64],
    image_size: tuple[int, int],
    field_of_view_rad: float = DEFAULT_FIELD_OF_VIEW_RAD,
) -> HeadPose:
    """Head pose of one face in the camera's axes.

    Only landmarks that move with the skull are used. Distance follows from the face's size,
    an average eye distance of 63 mm and the field of view, so it is right within the spread of
    human heads (about 10 %) when the field of view is. A weak-perspective fit gives the
    rotation relative to the line of sight, the position turns it into the camera's axes; on a
    development clip whose head moves sideways this raises the correlation with OpenFace's
    pitch and yaw from -.11 and -.03 to .87 and .91.

    Args:
        landmarks_px: (478, 3) as in ``AlignedFace``.
        image_size: (width, height) in pixels.
        field_of_view_rad: of the longer side of the image.
    """
    template = load_template()
    camera_points = landmarks_px[template.stable] * (1.0, -1.0, -1.0)
    fit = fit_similarity(template.positions_m[template.stable], camera_points)
    focal_px = max(image_size) / 2.0 / math.tan(field_of_view_rad / 2.0)
    x_m = (fit.translation[0] - image_size[0] / 2.0) / fit.scale
    y_m = (fit.translation[1] + image_size[1] / 2.0) / fit.scale
    position_m = float(x_m), float(y_m), -focal_px / fit.scale
    angles = matrix_to_euler_yxz(camera_from_sight(*position_m) @ fit.rotation)
    return HeadPose(*angles, *position_m)


def head_angles_with(
    head: HeadPose, yaw_rad: float, pitch_rad: float
) -> tuple[float, float, float]:
    """Head angles in the camera's axes, given yaw and pitch as seen in an upright crop.

    A crop takes out the tilt in the picture and knows nothing of the head's place in it:
    ``sight_from_head = R_z(tilt) R_y(yaw) R_x(pitch)``. Tilt and place come from ``head``.

    Returns:
        (yaw, pitch, roll) by the layout's conventions, radians.
    """
    sight = camera_from_sight(head.x_m, head.y_m, head.z_m)
    seen = sight.T @ euler_yxz_to_matrix(head.yaw_rad, head.pitch_rad, head.roll_rad)
    tilt = euler_yxz_to_matrix(0.0, 0.0, float(np.arctan2(seen[1, 0], seen[0, 0])))
    upright = euler_yxz_to_matrix(yaw_rad, pitch_rad, 0.0)
    return matrix_to_euler_yxz(sight @ tilt @ upright)
