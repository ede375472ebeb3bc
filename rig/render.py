"""Renders faces through pyrender on EGL: image, parsing mask, landmarks.

The only home of pyrender (0.1.45, which needs numpy < 2). The GL platform is chosen
by PYOPENGL_PLATFORM at import; EGL works without a screen, on Mesa also without a GPU.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

import cv2
import numpy as np
import pyrender
from numpy.typing import NDArray

from rig import appearance, photograph
from rig.appearance import Appearance, load_skin_maps
from rig.creases import crease_depths
from rig.head import Head, Primitive, load_head
from rig.landmarks import Landmarks
from rig.layout import channels_from_parameters, load_layout
from rig.rotations import rotvec_to_matrix
from rig.sampling import FaceSample, View
from rig.skeleton import Skeleton
from rig.skinning import skin, vertex_normals

FloatArray = NDArray[np.float64]
ByteImage = NDArray[np.uint8]

# Order of the parsing labels; a mask holds the index.
LABELS = (
    "background", "skin", "brows", "eyes", "nose", "upper_lip",
    "lower_lip", "mouth_interior", "ears", "neck", "hair",
)  # fmt: skip
_PALETTE = np.array(
    [
        (0, 0, 0), (250, 40, 40), (40, 250, 40), (40, 40, 250), (250, 250, 40), (250, 40, 250),
        (40, 250, 250), (250, 150, 90), (90, 150, 250), (150, 90, 40), (150, 250, 150),
    ],
    dtype=np.uint8,
)  # fmt: skip
_PART_LABEL = {"eyes": 3, "mouth": 7, "teeth": 7, "tongue": 7, "hair": 10}
_FLAT_COLOUR = {"mouth": (0.09, 0.018, 0.018), "tongue": (0.24, 0.07, 0.07)}
_ROUGHNESS = {"skin": 0.55, "eyes": 0.08, "teeth": 0.3, "tongue": 0.4, "mouth": 0.6, "hair": 0.6}


@dataclass(frozen=True)
class Render:
    """One rendered face.

    Attributes:
        image_rgb: (S, S, 3) uint8, after the camera's faults.
        mask: (S, S) uint8 index into ``LABELS``, or None if not asked for.
        landmarks: name → (x, y) pixels, x right, y down, pixel centres at .5.
        parameters: (P,) the exact parameters.
    """

    image_rgb: ByteImage
    mask: ByteImage | None
    landmarks: dict[str, tuple[float, float]]
    parameters: FloatArray


class Renderer:
    """Holds a GL context and the head. One a process; close it when done."""

    def __init__(self, size: int = 256, head: Head | None = None, antialias: bool = True) -> None:
        """Make the context.

        Args:
            size: pixels a side.
            head: defaults to the packaged one.
            antialias: four samples a pixel; without, software GL draws twice as fast.
        """
        _set_samples(4 if antialias else 0)
        self.size = size
        self.head = head or load_head()
        self.layout = load_layout()
        self.skeleton = Skeleton(self.head)
        self._landmarks = Landmarks(self.head)
        self._gl = pyrender.OffscreenRenderer(size, size)

    def close(self) -> None:
        """Release the GL context."""
        self._gl.delete()

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def vertices(self, parameters: FloatArray) -> dict[str, FloatArray]:
        """Posed vertices of every primitive, rig frame, for (P,) parameters."""
        channels = channels_from_parameters(parameters, self.layout)
        identity = parameters[self.layout.blocks["identity"]]
        return self.vertices_from_channels(channels, identity)

    def vertices_from_channels(
        self, channels: FloatArray, identity: FloatArray | None
    ) -> dict[str, FloatArray]:
        """Posed vertices of every primitive for wire channels and (208,) identity."""
        matrices = self.skeleton.skin_matrices(channels, identity)
        parts = self.head.primitives.items()
        return {n: skin(p.positions, p.joints, p.weights, matrices) for n, p in parts}

    def render(self, sample: FaceSample, mask: bool = True) -> Render:
        """Render one sample; with ``mask=False`` the parsing pass is skipped."""
        channels = channels_from_parameters(sample.parameters, self.layout)
        identity = sample.parameters[self.layout.blocks["identity"]]
        vertices = self.vertices_from_channels(channels, identity)
        pictures = textures(sample.look, channels)
        colour = self._draw(vertices, pictures, sample.view, sample.look.bald)
        ground = photograph.random_background(self.size, sample.photo.seed)
        image = over(colour, ground)
        labels = self._draw_mask(vertices, sample) if mask else None
        points = self._landmarks.positions(vertices)
        pixels = project(np.array(list(points.values())), sample.view, self.size)
        named = {n: (float(x), float(y)) for n, (x, y) in zip(points, pixels, strict=True)}
        return Render(photograph.expose(image, sample.photo), labels, named, sample.parameters)

    def render_plain(
        self, channels: FloatArray, look: Appearance, view: View, identity: FloatArray | None = None
    ) -> ByteImage:
        """(S, S, 4) picture of wire channels without background or camera faults.

        Colour is premultiplied by alpha, the head's coverage.
        """
        vertices = self.vertices_from_channels(channels, identity)
        return self._draw(vertices, textures(look, channels), view, look.bald)

    def _draw(
        self,
        vertices: dict[str, FloatArray],
        pictures: dict[str, ByteImage],
        view: View,
        bald: bool,
    ) -> ByteImage:
        scene = pyrender.Scene(bg_color=(0, 0, 0, 0), ambient_light=view.ambient)
        for name, part in self.head.primitives.items():
            if not (bald and name == "hair"):
                scene.add(_mesh(part, vertices[name], _material(name, pictures.get(name))))
        for light in view.lights:
            node = pyrender.DirectionalLight(color=light.colour, intensity=light.intensity)
            scene.add(node, pose=_looking_along(-np.array(light.towards)))
        scene.add(_camera(view), pose=rig_from_camera(view))
        flags = pyrender.RenderFlags.SKIP_CULL_FACES | pyrender.RenderFlags.RGBA
        return np.asarray(self._gl.render(scene, flags=flags)[0])

    def _draw_mask(self, vertices: dict[str, FloatArray], sample: FaceSample) -> ByteImage:
        scene = pyrender.Scene(bg_color=(0, 0, 0, 0))
        labels = skin_labels(sample.look)
        for name, part in self.head.primitives.items():
            if name == "lashes" or (sample.look.bald and name == "hair"):
                continue
            index = labels if name == "skin" else np.full((1, 1), _PART_LABEL[name])
            scene.add(_mesh(part, vertices[name], _flat_material(_PALETTE[index])))
        scene.add(_camera(sample.view), pose=rig_from_camera(sample.view))
        flags = pyrender.RenderFlags.FLAT | pyrender.RenderFlags.SKIP_CULL_FACES
        colour, _ = self._gl.render(scene, flags=flags)
        return labels_from_colours(np.asarray(colour))


def _set_samples(count: int) -> None:
    """Samples a pixel of the framebuffers that pyrender makes next; it has no option for it."""
    from OpenGL.GL import glRenderbufferStorageMultisample  # type: ignore[import-untyped]

    def storage(target: int, _: int, kind: int, width: int, height: int) -> None:
        glRenderbufferStorageMultisample(target, count, kind, width, height)

    pyrender.renderer.glRenderbufferStorageMultisample = storage


def over(colour: ByteImage, ground: ByteImage) -> ByteImage:
    """(S, S, 3): a premultiplied (S, S, 4) picture on a background (Porter and Duff 1984)."""
    uncovered = 255 - colour[..., 3:].astype(np.uint16)
    return np.asarray(colour[..., :3] + uncovered * ground // 255, dtype=np.uint8)


def textures(look: Appearance, channels: FloatArray) -> dict[str, ByteImage]:
    """Painted pictures by part, the skin creased as the (C,) channels ask."""
    return {
        "skin": appearance.paint_skin(look, crease_depths(channels)),
        "eyes": appearance.paint_eye(look),
        "hair": appearance.paint_hair(look),
        "teeth": appearance.paint_teeth(),
        "lashes": appearance.paint_lashes(look),
    }


def skin_labels(look: Appearance) -> NDArray[np.int64]:
    """(S, S) parsing label of every texel of the skin."""
    maps = load_skin_maps()
    x, y, z = np.moveaxis(maps.position, -1, 0)
    out = np.full(x.shape, LABELS.index("skin"))
    nose = (np.abs(x) < 0.0185 - 0.11 * np.clip(y + 0.004, 0, 0.05)) & (y > -0.0085) & (y < 0.042)
    out[nose & (z > 0.075)] = LABELS.index("nose")
    jawline = -0.055 - 0.35 * np.clip(0.06 - z, 0, 0.06) + 0.9 * np.clip(np.abs(x) - 0.03, 0, 0.05)
    out[(y < jawline) & (z < 0.086) & (y < -0.02)] = LABELS.index("neck")
    out[(np.abs(x) > 0.0715) & (y < 0.046) & (y > -0.02)] = LABELS.index("ears")
    if not look.bald:
        out[appearance.hair_mask(maps.position) > 0.5] = LABELS.index("hair")
    lips = maps.lips > 0.5
    out[lips & (y >= -0.0285)] = LABELS.index("upper_lip")
    out[lips & (y < -0.0285)] = LABELS.index("lower_lip")
    out[appearance.brow_mask(maps.position, look.brow) > 0.4] = LABELS.index("brows")
    return out


def labels_from_colours(colour: ByteImage) -> ByteImage:
    """(H, W) label of each pixel; one that mixes two labels takes its nearest pure neighbour's."""
    distance = np.abs(colour[..., None, :].astype(int) - _PALETTE.astype(int)).max(-1)
    label = np.asarray(distance.argmin(-1), dtype=np.uint8)
    mixed = (distance.min(-1) > 6).astype(np.uint8)
    if not mixed.any():
        return label
    _, nearest = cv2.distanceTransformWithLabels(
        mixed, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    lookup = np.zeros(int(nearest.max()) + 1, np.uint8)
    pure = mixed == 0
    lookup[nearest[pure]] = label[pure]
    return np.asarray(lookup[nearest])


def rig_from_camera(view: View) -> FloatArray:
    """(4, 4) pose of the camera: in front of the face, looking along -z, rolled."""
    out = np.eye(4)
    out[:3, :3] = rotvec_to_matrix(np.array([0.0, 0.0, view.roll_rad]))
    out[:3, 3] = (*view.centre_m, view.distance_m + 0.09)
    return out


def field_of_view_rad(view: View) -> float:
    """Vertical angle that spans ``span_m`` at the face."""
    return float(2 * np.arctan(view.span_m / 2 / view.distance_m))


def project(points: FloatArray, view: View, size: int) -> FloatArray:
    """(N, 2) pixels of (N, 3) points of the rig's frame."""
    camera_from_rig = np.linalg.inv(rig_from_camera(view))
    local = points @ camera_from_rig[:3, :3].T + camera_from_rig[:3, 3]
    focal = size / 2 / np.tan(field_of_view_rad(view) / 2)
    x = size / 2 + focal * local[:, 0] / -local[:, 2]
    y = size / 2 - focal * local[:, 1] / -local[:, 2]
    return np.stack([x, y], axis=1)


def _camera(view: View) -> pyrender.PerspectiveCamera:
    return pyrender.PerspectiveCamera(field_of_view_rad(view), znear=0.05, zfar=10, aspectRatio=1)


def _looking_along(direction: FloatArray) -> FloatArray:
    """(4, 4) pose whose -z axis is ``direction``."""
    z = -direction / np.linalg.norm(direction)
    x = np.cross([0.0, 1.0, 0.0] if abs(z[1]) < 0.95 else [1.0, 0.0, 0.0], z)
    x = x / np.linalg.norm(x)
    out = np.eye(4)
    out[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
    return out


def _mesh(part: Primitive, positions: FloatArray, material: pyrender.Material) -> pyrender.Mesh:
    primitive = pyrender.Primitive(
        positions=positions,
        normals=vertex_normals(positions, part.triangles),
        texcoord_0=np.stack([part.uvs[:, 0], 1 - part.uvs[:, 1]], axis=1),
        indices=part.triangles,
        material=material,
    )
    return pyrender.Mesh([primitive])


def _texture(picture: ByteImage, nearest: bool = False) -> pyrender.Texture:
    kind = pyrender.constants.GLTF.NEAREST if nearest else pyrender.constants.GLTF.LINEAR
    sampler = pyrender.Sampler(magFilter=kind, minFilter=kind)
    channels = "RGBA" if picture.shape[-1] == 4 else "RGB"
    return pyrender.Texture(source=picture, source_channels=channels, sampler=sampler)


def _material(name: str, picture: ByteImage | None) -> pyrender.Material:
    colour = (1.0, 1.0, 1.0, 1.0) if picture is not None else (*_FLAT_COLOUR[name], 1.0)
    if name == "lashes":
        # pyrender draws a mesh after the opaque ones only if its factor is below 1
        colour = (1.0, 1.0, 1.0, 0.999)
    return pyrender.MetallicRoughnessMaterial(
        baseColorFactor=colour,
        alphaMode="BLEND" if name == "lashes" else "OPAQUE",
        baseColorTexture=_texture(picture) if picture is not None else None,
        metallicFactor=0.0,
        roughnessFactor=_ROUGHNESS.get(name, 0.6),
        doubleSided=True,
    )


def _flat_material(picture: ByteImage) -> pyrender.Material:
    return pyrender.MetallicRoughnessMaterial(
        baseColorTexture=_texture(picture, nearest=True), metallicFactor=0.0, doubleSided=True
    )
