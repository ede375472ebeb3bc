"""Renders faces through pyrender's EGL context: image, parsing mask, depth, landmarks.

The only home, with ``render_gl``, of pyrender (0.1.45, which needs numpy < 2). The GL platform is
chosen by PYOPENGL_PLATFORM at import; EGL works without a screen, on Mesa also without a GPU. A
``Renderer`` keeps its meshes and textures on the GL side and sends only what a face changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rig import photograph
from rig.appearance import (
    HEIGHT_STEP_M,
    MAP_SIZE,
    hair_mask,
    load_skin_maps,
    paint_hair,
    paint_skin,
    paint_surface,
)
from rig.backgrounds import LightImage, random_background
from rig.brows import brow_mask
from rig.creases import crease_depths
from rig.eyes import paint_eye, paint_lashes
from rig.head import Head, Primitive, load_head
from rig.landmarks import Landmarks
from rig.layout import BrowStyle, channels_from_parameters, load_layout
from rig.looks import Appearance, default_appearance
from rig.materials import ROUGHNESS
from rig.mouth import paint_mouth, paint_teeth, paint_tongue
from rig.props import Prop, Styling, props_for
from rig.render_gl import (
    LABEL_TARGET,
    LIGHT_TARGET,
    MeshBuffer,
    ShadowMap,
    Target,
    Texture,
    context,
    set_state,
)
from rig.sampling import FaceSample
from rig.skeleton import Skeleton
from rig.skinning import SmoothNormals, skin, turn_normals
from rig.view import Light, View, clip_from_rig, project, rig_from_camera

FloatArray = NDArray[np.float64]
Single = NDArray[np.float32]
ByteImage = NDArray[np.uint8]

# Order of the parsing labels; a mask holds the index.
LABELS = (
    "background", "skin", "brows", "eyes", "nose", "upper_lip",
    "lower_lip", "mouth_interior", "ears", "neck", "hair",
    "iris", "teeth", "tongue", "cloth", "glasses", "hat", "occluder", "beard",
)  # fmt: skip
_IRIS = LABELS.index("iris")
_PART_LABEL = {
    "eyes": "eyes", "mouth": "mouth_interior", "teeth": "teeth", "tongue": "tongue", "hair": "hair",
}  # fmt: skip
_HAIRY = {"hair", "beard", "brows"}
# How fast it gets dark behind the lips, per metre, by part; a wet part's share of mirrored light.
_MOUTH_DARK = {"mouth": 50.0, "teeth": 45.0, "tongue": 45.0}
_SHEEN = {"mouth": 0.7, "teeth": 1.0, "tongue": 0.8, "lashes": 0.0}
# Teeth that an identity's thin chin does not quite hold are hidden by drawing what is in the mouth
# as if it lay a little farther off; a tongue that is put out is not.
_SET_BACK_M = 0.009
_IN_MOUTH = ("mouth", "teeth", "tongue")
_PICTURE, _SURFACE, _SHADOWS, _LABELS = range(4)  # texture units
_SHADOW_SIZE, _SHADOW_REACH_M = 256, 0.19
_LIGHTS = 3
# Pictures up to here have fewer pixels than half the skin's texels: half of them are painted.
_SMALL_PX = 192


@dataclass(frozen=True)
class Render:
    """One rendered face.

    Attributes:
        image_rgb: (S, S, 3) uint8, after the camera's faults.
        mask: (S, S) uint8 index into ``LABELS``, or None if not asked for.
        landmarks: name → (x, y) pixels, x right, y down, pixel centres at .5.
        parameters: (P,) the exact parameters.
        visible: landmark name → whether it is in the picture and nothing hides it; empty without
            mask or depth.
        depth_m: (S, S) float32 distance along the camera's axis, inf where nothing is; or None.
    """

    image_rgb: ByteImage
    mask: ByteImage | None
    landmarks: dict[str, tuple[float, float]]
    parameters: FloatArray
    visible: dict[str, bool] = field(default_factory=dict)
    depth_m: Single | None = None


class _Piece:
    """One mesh as it is drawn: buffers, which shader, its own uniforms."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.mesh = MeshBuffer()
        self.picture = Texture()
        self.alpha = "opaque"
        self.label = ""
        self.closed = False
        self.uniforms: dict[str, Any] = {}
        self.prop: Prop | None = None

    def delete(self) -> None:
        self.mesh.delete()
        self.picture.delete()


class Renderer:
    """The head on the GL side. Several may live in one thread; close each when done."""

    def __init__(
        self,
        size: int = 256,
        head: Head | None = None,
        antialias: bool = True,
        shadows: bool = True,
    ) -> None:
        """Make the buffers.

        Args:
            size: pixels a side.
            head: defaults to the packaged one.
            antialias: four samples a pixel, all shaded.
            shadows: the key light casts them.
        """
        self._context = context()
        self._context.make_current()
        self.size = size
        self.head = head or load_head()
        self.layout = load_layout()
        self._texture_size = MAP_SIZE if size > _SMALL_PX else MAP_SIZE // 2
        self._shown: dict[str, ByteImage] = {}
        self.skeleton = Skeleton(self.head)
        self._landmarks = Landmarks(self.head)
        self._normals = {
            n: SmoothNormals(p.positions, p.triangles) for n, p in self.head.primitives.items()
        }
        self._tongue_out = self.layout.channel_index["AU19"]
        self._head_joint = self.head.joint_index("head")
        self._lids = _LidCurves(self.head)
        self._light = Target(size, 2 if antialias else 1, LIGHT_TARGET)
        self._label = Target(size, 1, LABEL_TARGET)
        self._shadow = ShadowMap(_SHADOW_SIZE) if shadows else None
        self._parts = {n: _part(n, p) for n, p in self.head.primitives.items()}
        self._props: list[_Piece] = []
        self._surface, self._skin_labels = Texture(), Texture(smooth=False)

    def close(self) -> None:
        """Free the buffers; the context stays for other renderers."""
        self._context.make_current()
        for piece in (*self._parts.values(), *self._props):
            piece.delete()
        for thing in (self._light, self._label, self._shadow, self._surface, self._skin_labels):
            if thing is not None:
                thing.delete()

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
        return self._posed(self.skeleton.skin_matrices(channels, identity))

    def _posed(self, matrices: FloatArray) -> dict[str, FloatArray]:
        parts = self.head.primitives.items()
        return {n: skin(p.positions, p.joints, p.weights, matrices) for n, p in parts}

    def render(self, sample: FaceSample, mask: bool = True, depth: bool = False) -> Render:
        """Render one sample; without ``mask`` and ``depth`` their pass is skipped."""
        channels = channels_from_parameters(sample.parameters, self.layout)
        identity = sample.parameters[self.layout.blocks["identity"]]
        vertices = self._load(channels, identity, sample.look, sample.styling, sample.view)
        light = self._draw(sample.view, sample.look.bald)
        ground = _ground(self.size, sample.photo.seed)
        image = photograph.expose(light[..., :3] + (1 - light[..., 3:]) * ground, sample.photo)
        labels, depth_m = None, None
        if mask or depth:
            labels, depth_m = self._draw_labels(sample.view, sample.look)
        points = self._landmarks.positions(vertices)
        pixels = project(np.array(list(points.values())), sample.view, self.size)
        named = {n: (float(x), float(y)) for n, (x, y, _) in zip(points, pixels, strict=True)}
        visible = {} if depth_m is None else _visible(list(points), pixels, depth_m)
        return Render(
            image,
            labels if mask else None,
            named,
            sample.parameters,
            visible,
            depth_m if depth else None,
        )

    def render_plain(
        self,
        channels: FloatArray,
        look: Appearance,
        view: View,
        identity: FloatArray | None = None,
        styling: Styling | None = None,
    ) -> ByteImage:
        """(S, S, 4) sRGB picture of wire channels without background or camera faults.

        Colour is premultiplied by alpha, the head's coverage.
        """
        self._load(channels, identity, look, styling or Styling(), view)
        light = self._draw(view, look.bald)
        alpha = np.clip(light[..., 3:], 0, 1)
        shown = photograph.develop(light[..., :3] / np.maximum(alpha, 1e-4))
        premultiplied = np.concatenate([shown * alpha, 255 * alpha], axis=-1)
        return np.asarray(premultiplied + 0.5, dtype=np.uint8)

    # What a face changes -------------------------------------------------------------------

    def _load(
        self,
        channels: FloatArray,
        identity: FloatArray | None,
        look: Appearance,
        styling: Styling,
        view: View,
    ) -> dict[str, FloatArray]:
        """Send a face's vertices and pictures; returns its posed vertices."""
        self._context.make_current()
        matrices = self.skeleton.skin_matrices(channels, identity)
        vertices = self._posed(matrices)
        for name, piece in self._parts.items():
            piece.mesh.set_pose(vertices[name], self._normals[name](vertices[name]))
        for name, picture in textures(look, channels, self._texture_size).items():
            if self._shown.get(name) is not picture:
                self._parts[name].picture.set_picture(picture)
                self._shown[name] = picture
        depths = crease_depths(channels)
        self._surface.set_picture(paint_surface(look, depths, self._texture_size))
        self._load_props(props_for(styling, look), matrices, rig_from_camera(view)[:3, 3])
        tongue_out = channels[self._tongue_out] > 0.05
        for name in _IN_MOUTH:
            out = name == "tongue" and tongue_out
            self._parts[name].uniforms["set_back"] = 0.0 if out else _SET_BACK_M
        self._frame = self._face_uniforms(vertices, matrices)
        return vertices

    def _load_props(
        self, props: tuple[Prop, ...], matrices: FloatArray, camera: FloatArray
    ) -> None:
        """Send props into pieces, which are reused; those that are not needed are freed."""
        while len(self._props) < len(props):
            self._props.append(_Piece("PLAIN"))
        while len(self._props) > len(props):
            self._props.pop().delete()
        for piece, prop in zip(self._props, props, strict=True):
            binding = (prop.joints, prop.weights, matrices)
            piece.kind = "HAIR" if prop.label in _HAIRY else "PLAIN"
            piece.alpha, piece.label = prop.alpha, prop.label
            piece.uniforms = _surface_uniforms(prop.roughness, 1 - prop.roughness, 0.0)
            positions = skin(prop.positions, *binding)
            if piece.prop is not prop:
                piece.picture.set_picture(prop.picture)
            if piece.alpha == "cutout":
                order = nearest_first(positions, prop.triangles, camera)
                piece.mesh.set_topology(prop.uvs, order)
            elif piece.prop is not prop:
                piece.mesh.set_topology(prop.uvs, prop.triangles)
            piece.mesh.set_pose(positions, turn_normals(prop.normals, *binding))
            piece.prop = prop

    def _face_uniforms(
        self, vertices: dict[str, FloatArray], matrices: FloatArray
    ) -> dict[str, Any]:
        """What shaders must know of the face: lids over the eyes, where the mouth is."""
        points = self._landmarks.positions(vertices)
        turn = matrices[self._head_joint, :3, :3]
        turn = turn / np.linalg.norm(turn, axis=0)
        return {
            "head_from_rig": _as_transform(turn.T),
            "lid_curve": self._lids(vertices["lashes"] @ turn),
            "mouth": (points["lip_upper_middle"] + points["lip_lower_middle"]) / 2,
            "mouth_inward": -turn[:, 2],
        }

    # Passes --------------------------------------------------------------------------------

    def _pieces(self, bald: bool) -> list[_Piece]:
        """What is drawn, hair last: what lies behind the head is never shaded."""
        parts = [p for n, p in self._parts.items() if not (bald and n == "hair")]
        return sorted(self._props + parts, key=lambda piece: piece.alpha == "cutout")

    def _draw(self, view: View, bald: bool) -> Single:
        """(S, S, 4) linear light, premultiplied by coverage."""
        frame = {**self._frame, **_view_uniforms(view), **_UNITS}
        features: tuple[str, ...] = ("SOFT_EDGES",) if self._light.factor > 1 else ()
        if self._shadow is not None and view.lights:
            frame |= self._cast_shadow(self._shadow, view, bald)
            features += ("SHADOWS",)
        count = max(1, min(len(view.lights), _LIGHTS))
        self._light.begin()
        self._surface.bind(_SURFACE)
        for piece in _in_order(self._pieces(bald)):
            defines = (piece.kind, "ROOM", *features, *_ALPHA_DEFINES[piece.alpha])
            set_state(blend=piece.alpha == "blend", closed=piece.closed)
            program = self._context.program("face.vert", "surface.frag", *defines, lights=count)
            program.use(frame, piece.uniforms)
            piece.picture.bind(_PICTURE)
            piece.mesh.draw()
        return self._light.colours()

    def _cast_shadow(self, shadow: ShadowMap, view: View, bald: bool) -> dict[str, Any]:
        matrix = shadow_from_rig(np.array(view.lights[0].towards))
        shadow.begin()
        set_state()
        for piece in self._pieces(bald):
            if piece.alpha != "blend":
                defines = ("CUT_OUT",) if piece.alpha == "cutout" else ()
                program = self._context.program("face.vert", "depth.frag", *defines)
                program.use({"clip_from_rig": matrix, "picture": _PICTURE, "set_back": 0.0})
                piece.picture.bind(_PICTURE)
                piece.mesh.draw()
        shadow.finish(0.8 + 3.5 * view.lights[0].breadth)
        shadow.bind(_SHADOWS)
        return {"shadow_from_rig": matrix}

    def _draw_labels(self, view: View, look: Appearance) -> tuple[ByteImage, Single]:
        """(S, S) labels and (S, S) metres from the camera."""
        camera = rig_from_camera(view)[:3, 3]
        frame: dict[str, Any] = {"clip_from_rig": clip_from_rig(view), "camera": camera, **_UNITS}
        self._skin_labels.set_picture(skin_labels(look.brow, look.bald))
        self._skin_labels.bind(_LABELS)
        self._label.begin()
        set_state()
        for piece in self._pieces(look.bald):
            if piece.alpha == "blend":
                continue
            cut = ("CUT_OUT",) if piece.alpha == "cutout" else ()
            more = {"SKIN": ("TEXTURED",), "EYE": ("IRIS",)}.get(piece.kind, ())
            program = self._context.program("face.vert", "label.frag", *cut, *more)
            label = LABELS.index(piece.label) / 255 if piece.label else 0.0
            program.use(frame, piece.uniforms, {"label": label, "iris": _IRIS / 255})
            piece.picture.bind(_PICTURE)
            piece.mesh.draw()
        labels, depth_m = self._label.bytes(), metres_from_window(self._label.depths())
        depth_m[np.isin(labels, self._set_back_labels())] -= np.float32(_SET_BACK_M)
        return labels, depth_m

    def _set_back_labels(self) -> list[int]:
        """Labels of the parts that were drawn too far off."""
        parts = (self._parts[name] for name in _IN_MOUTH)
        return [LABELS.index(p.label) for p in parts if p.uniforms["set_back"] > 0]


@lru_cache(maxsize=1)
def _ground(size: int, seed: int) -> LightImage:
    """The room behind the face; plain faces are all in one."""
    return random_background(size, np.random.default_rng([seed, 7]))


_ALPHA_DEFINES = {
    "opaque": (),
    "cutout": ("CUT_OUT",),
    "blend": ("BLENDED",),
}


def _in_order(pieces: list[_Piece]) -> Iterator[_Piece]:
    """What hides first, then what is blended over it: lashes, and lenses before them."""
    yield from (piece for piece in pieces if piece.alpha != "blend")
    yield from (piece for piece in reversed(pieces) if piece.alpha == "blend")


_UNITS = {"picture": _PICTURE, "surface": _SURFACE, "shadows": _SHADOWS, "labels": _LABELS}
_NEAR_M, _FAR_M = 0.05, 10.0


def nearest_first(
    positions: FloatArray, triangles: NDArray[np.int64], camera: FloatArray
) -> NDArray[np.int64]:
    """(T, 3) triangles by their distance from the camera: what hides before what it hides."""
    away = np.square(positions - camera).sum(1).astype(np.float32)
    return triangles[np.argsort(away[triangles[:, 0]] + away[triangles[:, 2]], kind="stable")]


class _LidCurves:
    """The lids' edges, read off the lashes' roots: y = a + b x + c x² in the head's axes."""

    def __init__(self, head: Head) -> None:
        lashes = head.primitives["lashes"]
        x, v = lashes.positions[:, 0], lashes.uvs[:, 1]
        upper, lower = (v > 0.4) & (v < 0.5), v > 0.9
        self._rows = [np.flatnonzero(e & s) for e in (upper, lower) for s in (x > 0, x < 0)]

    def __call__(self, lashes: FloatArray) -> FloatArray:
        """(4, 3) a, b, c: left and right upper, left and right lower lid."""
        fits = [np.polyfit(lashes[rows, 0], lashes[rows, 1], 2) for rows in self._rows]
        return np.array(fits)[:, ::-1]


def _part(name: str, primitive: Primitive) -> _Piece:
    """The piece of a part of the head, its topology sent."""
    piece = _Piece({"skin": "SKIN", "eyes": "EYE", "hair": "HAIR"}.get(name, "PLAIN"))
    piece.alpha = "blend" if name == "lashes" else "opaque"
    piece.label = _PART_LABEL.get(name, "")
    piece.closed = name in ("skin", "eyes")
    piece.uniforms = _surface_uniforms(
        ROUGHNESS[name], _SHEEN.get(name, 1.0), _MOUTH_DARK.get(name, 0.0)
    )
    piece.mesh.set_topology(primitive.uvs, primitive.triangles)
    return piece


def _as_transform(rotation: FloatArray) -> FloatArray:
    """(4, 4) transform of a (3, 3) rotation."""
    out = np.eye(4)
    out[:3, :3] = rotation
    return out


def _surface_uniforms(roughness: float, sheen: float, mouth_dark: float) -> dict[str, Any]:
    values = {"roughness": float(roughness), "sheen": float(sheen), "mouth_dark": mouth_dark}
    return {**values, "set_back": 0.0}


_DARK = Light((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), 0.0)


def _view_uniforms(view: View) -> dict[str, Any]:
    """Camera and lights as the shaders take them."""
    lights = view.lights[:_LIGHTS] or (_DARK,)
    towards, brightness, across = np.zeros((3, len(lights), 3))
    breadth = np.zeros((len(lights), 1))
    for i, light in enumerate(lights):
        towards[i] = np.array(light.towards) / np.linalg.norm(light.towards)
        brightness[i] = np.array(light.colour) * (light.intensity / np.pi)
        breadth[i] = light.breadth
        across[i] = _across(towards[i])
    room = _room(view)
    return {
        "clip_from_rig": clip_from_rig(view, _NEAR_M, _FAR_M),
        "camera": rig_from_camera(view)[:3, 3],
        "towards": towards,
        "brightness": brightness,
        "breadth": breadth,
        "pane_across": across,
        "radiance": room * _BLURRED,
        "irradiance": room * _CONVOLVED,
        "bump_m": 255 * HEIGHT_STEP_M,
    }


# Factors of the nine spherical harmonics: behind a cosine, by pi; behind a broad mirror lobe.
_CONVOLVED = np.array([1] + [2 / 3] * 3 + [1 / 4] * 5)[:, None]
_BLURRED = np.array([1] + [0.85] * 3 + [0.6] * 5)[:, None]


def _room(view: View) -> FloatArray:
    """(9, 3) spherical harmonics of the room's light."""
    out = np.zeros((9, 3))
    out[0] = 1
    if view.room:
        out[1:] = view.room
    return np.asarray(out * np.array(view.ambient))


def _across(towards: FloatArray) -> FloatArray:
    """A horizontal unit vector square to a direction: the upper edge of a window there."""
    across = np.cross([0.0, 1.0, 0.0] if abs(towards[1]) < 0.95 else [1.0, 0.0, 0.0], towards)
    return np.asarray(across / np.linalg.norm(across))


def shadow_from_rig(towards: FloatArray, reach_m: float = _SHADOW_REACH_M) -> FloatArray:
    """(4, 4) the light's parallel projection of a ball of ``reach_m`` round the face to -1..1."""
    z = towards / np.linalg.norm(towards)
    x = _across(z)
    out = np.eye(4)
    out[:3, :3] = np.stack([x, np.cross(z, x), -z]) / reach_m
    out[2, :3] /= 2  # what stands before the ball throws shadow too
    out[:3, 3] = -out[:3, :3] @ np.array([0.0, 0.02, 0.02])
    return out


def metres_from_window(depth: Single) -> Single:
    """(H, W) metres along the camera's axis of window depths 0..1, inf for the background."""
    with np.errstate(divide="ignore"):
        out = _NEAR_M * _FAR_M / (_FAR_M - depth * (_FAR_M - _NEAR_M))
    return np.where(depth >= 1, np.float32(np.inf), out).astype(np.float32)


def _visible(names: list[str], pixels: FloatArray, depth_m: Single) -> dict[str, bool]:
    """Whether nothing stands before each of (N, 3) pixels x, y and metres."""
    size = len(depth_m)
    column, row = np.floor(pixels[:, 0]).astype(int), np.floor(pixels[:, 1]).astype(int)
    inside = (column >= 0) & (row >= 0) & (column < size) & (row < size)
    seen = depth_m[np.clip(row, 0, size - 1), np.clip(column, 0, size - 1)]
    # an eye's middle lies behind its own cornea and lids
    slack = np.array([0.022 if n.startswith("eye_centre") else 0.004 for n in names])
    found = inside & (pixels[:, 2] < seen + slack)
    return {name: bool(value) for name, value in zip(names, found, strict=True)}


def over(colour: ByteImage, ground: ByteImage) -> ByteImage:
    """(S, S, 3): a premultiplied (S, S, 4) picture on a background (Porter and Duff 1984)."""
    uncovered = 255 - colour[..., 3:].astype(np.uint16)
    return np.asarray(colour[..., :3] + uncovered * ground // 255, dtype=np.uint8)


def textures(look: Appearance, channels: FloatArray, size: int = MAP_SIZE) -> dict[str, ByteImage]:
    """Painted pictures by part, the skin (of ``size`` pixels) creased as the (C,) channels ask."""
    return {"skin": paint_skin(look, crease_depths(channels), size)} | _still_textures(
        replace(look, brow=default_appearance().brow)
    )


@lru_cache(maxsize=1)
def _still_textures(look: Appearance) -> dict[str, ByteImage]:
    """What a look paints alike whatever the face does; a run of one look paints it once."""
    return {
        "eyes": paint_eye(look),
        "hair": paint_hair(look),
        "teeth": paint_teeth(look),
        "tongue": paint_tongue(look),
        "mouth": paint_mouth(look),
        "lashes": paint_lashes(look),
    }


@lru_cache(maxsize=80)
def skin_labels(brow: BrowStyle, bald: bool) -> ByteImage:
    """(S, S) parsing label of every texel of the skin."""
    maps = load_skin_maps()
    out = _lasting_labels().copy()
    if not bald:
        out[hair_mask(maps.position) > 0.5] = LABELS.index("hair")
    lips = maps.lips > 0.5
    upper = maps.position[..., 1] >= -0.0285
    out[lips & upper] = LABELS.index("upper_lip")
    out[lips & ~upper] = LABELS.index("lower_lip")
    out[brow_mask(maps.position, brow) > 0.4] = LABELS.index("brows")
    return out


# The lower edge of the jaw, from the chin out to the corner below the ear.
_JAW_ACROSS_M = (0.0, 0.014, 0.028, 0.036, 0.044, 0.052)
_JAW_HEIGHT_M = (-0.068, -0.065, -0.059, -0.0545, -0.049, -0.040)


@lru_cache(maxsize=1)
def _lasting_labels() -> ByteImage:
    """(S, S) labels that no look changes."""
    x, y, z = np.moveaxis(load_skin_maps().position, -1, 0)
    out = np.full(x.shape, LABELS.index("skin"), np.uint8)
    nose = (np.abs(x) < 0.0185 - 0.11 * np.clip(y + 0.004, 0, 0.05)) & (y > -0.0085) & (y < 0.042)
    out[nose & (z > 0.075)] = LABELS.index("nose")
    below_chin = np.interp(np.abs(x), _JAW_ACROSS_M, _JAW_HEIGHT_M)
    below_ear = np.interp(z, [0.0, 0.01, 0.02, 0.03], [-0.013, -0.027, -0.037, -0.042])
    out[y < np.where(z < 0.03, below_ear, below_chin)] = LABELS.index("neck")
    ears = ((np.abs(x) > 0.0715) & (y < 0.046) & (y > -0.02)).astype(np.uint8)
    # the back of an ear shares its few texels with the front: what lies between is ear too
    ears = cv2.morphologyEx(ears, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    out[ears > 0] = LABELS.index("ears")
    return out
