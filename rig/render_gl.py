"""The OpenGL side of rendering: one context a process, buffers that are filled anew, not remade.

The context and the shader cache are pyrender's (0.1.45, EGL); its scene graph is left aside,
because it uploads every mesh and texture again for every picture.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

import cv2
import numpy as np
from numpy.typing import NDArray
from OpenGL import GL
from pyrender import OffscreenRenderer
from pyrender.shader_program import ShaderProgramCache

FloatArray = NDArray[np.float64]
Single = NDArray[np.float32]
ByteImage = NDArray[np.uint8]

LIGHT_TARGET = GL.GL_RGBA16F
LABEL_TARGET = GL.GL_R8

_STREAMS = ((0, 3), (1, 3), (2, 2))  # attribute, components: position, normal, uv


class Context:
    """pyrender's GL context with this package's shaders."""

    def __init__(self) -> None:
        self._owner = OffscreenRenderer(16, 16)
        self._cache = ShaderProgramCache(str(resources.files("rig").joinpath("shaders")))
        self._programs: dict[tuple[str, ...], Program] = {}

    def make_current(self) -> None:
        """Bind the context to the calling thread."""
        self._owner._platform.make_current()

    def description(self) -> str:
        """Who draws: "llvmpipe (LLVM 15.0.6, 256 bits), 4.1 (Core Profile) Mesa 22.3.6"."""
        self.make_current()
        names = (GL.glGetString(which) for which in (GL.GL_RENDERER, GL.GL_VERSION))
        return ", ".join(name.decode(errors="replace") for name in names)

    def program(self, vertex: str, fragment: str, *defines: str, lights: int = 0) -> Program:
        """The linked program of two shader files under ``#ifdef`` names; made once.

        ``lights`` replaces LIGHT_COUNT.
        """
        key = (vertex, fragment, *defines, str(lights))
        if key not in self._programs:
            values = dict.fromkeys(defines, 1) | {"LIGHT_COUNT": lights}
            made = self._cache.get_program(vertex, fragment, defines=values)
            made._add_to_context()
            self._programs[key] = Program(made._program_id)
        return self._programs[key]


@lru_cache(maxsize=1)
def context() -> Context:
    """The process' context, made on first use, kept to the end: EGL displays are shared."""
    return Context()


class Program:
    """A linked program and where its uniforms are."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._places: dict[str, int] = {}
        self._set: dict[str, Any] = {}

    def use(self, *uniforms: Mapping[str, Any]) -> None:
        """Bind, and set uniforms: ints, floats, (3,), (N, 3), (N, 1), row-major (4, 4).

        Names that the program does not read are passed over.
        """
        GL.glUseProgram(self._handle)
        for name, value in (pair for group in uniforms for pair in group.items()):
            if name not in self._places:
                self._places[name] = GL.glGetUniformLocation(self._handle, name)
            if self._places[name] >= 0:
                self._keep(name, value)

    def _keep(self, name: str, value: Any) -> None:
        """Set a uniform unless it has the value: asking Python costs a tenth of telling GL."""
        plain = isinstance(value, int | float)
        value = value if plain else np.ascontiguousarray(value, dtype=np.float32)
        token = value if plain else value.tobytes()
        if self._set.get(name) != token:
            _set_uniform(self._places[name], value)
            self._set[name] = token


def _set_uniform(place: int, value: int | float | Single) -> None:
    if isinstance(value, int):
        GL.glUniform1i(place, value)
    elif isinstance(value, float):
        GL.glUniform1f(place, value)
    elif value.shape == (4, 4):
        GL.glUniformMatrix4fv(place, 1, True, value)
    elif value.shape[-1] == 3:
        GL.glUniform3fv(place, value.size // 3, value)
    else:
        GL.glUniform1fv(place, len(value), value)


class MeshBuffer:
    """Triangles whose vertices are sent anew for each picture."""

    def __init__(self) -> None:
        self._array = GL.glGenVertexArrays(1)
        self._elements, *self._streams = GL.glGenBuffers(1 + len(_STREAMS))
        self._bytes = [0] * len(_STREAMS)
        self._count = 0
        GL.glBindVertexArray(self._array)
        for (attribute, components), buffer in zip(_STREAMS, self._streams, strict=True):
            GL.glBindBuffer(GL.GL_ARRAY_BUFFER, buffer)
            GL.glEnableVertexAttribArray(attribute)
            GL.glVertexAttribPointer(attribute, components, GL.GL_FLOAT, False, 0, None)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, self._elements)
        GL.glBindVertexArray(0)

    def set_topology(self, uvs: NDArray[Any], triangles: NDArray[Any]) -> None:
        """Send (V, 2) texture coordinates and (T, 3) triangles, which poses leave alone."""
        indices = np.ascontiguousarray(triangles, dtype=np.uint32)
        GL.glBindVertexArray(self._array)
        GL.glBufferData(GL.GL_ELEMENT_ARRAY_BUFFER, indices.nbytes, indices, GL.GL_STATIC_DRAW)
        GL.glBindVertexArray(0)
        self._count = triangles.size
        self._send(2, uvs)

    def set_pose(self, positions: NDArray[Any], normals: NDArray[Any]) -> None:
        """Send (V, 3) positions and unit normals."""
        self._send(0, positions)
        self._send(1, normals)

    def _send(self, stream: int, values: NDArray[Any]) -> None:
        data = np.ascontiguousarray(values, dtype=np.float32)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._streams[stream])
        if data.nbytes != self._bytes[stream]:
            GL.glBufferData(GL.GL_ARRAY_BUFFER, data.nbytes, data, GL.GL_DYNAMIC_DRAW)
            self._bytes[stream] = data.nbytes
        else:
            GL.glBufferSubData(GL.GL_ARRAY_BUFFER, 0, data.nbytes, data)

    def draw(self) -> None:
        """Draw with the bound program."""
        GL.glBindVertexArray(self._array)
        GL.glDrawElements(GL.GL_TRIANGLES, self._count, GL.GL_UNSIGNED_INT, None)

    def delete(self) -> None:
        """Free the GL objects."""
        GL.glDeleteVertexArrays(1, [self._array])
        GL.glDeleteBuffers(1 + len(_STREAMS), [self._elements, *self._streams])


_FORMATS = {  # components → (internal, sRGB internal, external)
    1: (GL.GL_R8, GL.GL_R8, GL.GL_RED),
    3: (GL.GL_RGB8, GL.GL_SRGB8, GL.GL_RGB),
    4: (GL.GL_RGBA8, GL.GL_SRGB8_ALPHA8, GL.GL_RGBA),
}


class Texture:
    """A picture for shaders; pictures of the same shape reuse the storage.

    Args:
        srgb: decode colours to linear light when read.
        smooth: interpolate and build smaller levels; else the nearest texel is read as it is.
    """

    def __init__(self, srgb: bool = False, smooth: bool = True) -> None:
        self._handle = GL.glGenTextures(1)
        self._srgb, self._smooth = srgb, smooth
        self._shape: tuple[int, ...] = ()

    def set_picture(self, picture: ByteImage) -> None:
        """Send an (H, W, 3 | 4) or (H, W) uint8 picture, first row on top (v = 0)."""
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._handle)
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)
        levels = _levels(picture) if self._smooth else [picture]
        fresh = picture.shape != self._shape
        for level, small in enumerate(levels):
            self._send(level, np.ascontiguousarray(small), fresh)
        if fresh:
            self._shape = picture.shape
            self._set_sampling(len(levels) - 1)

    def _send(self, level: int, picture: ByteImage, fresh: bool) -> None:
        components = picture.shape[2] if picture.ndim == 3 else 1
        plain, decoded, external = _FORMATS[components]
        height, width = picture.shape[:2]
        size = (width, height)
        target, kind = GL.GL_TEXTURE_2D, GL.GL_UNSIGNED_BYTE
        if fresh:
            internal = decoded if self._srgb else plain
            GL.glTexImage2D(target, level, internal, *size, 0, external, kind, picture)
        else:
            GL.glTexSubImage2D(target, level, 0, 0, *size, external, kind, picture)

    def _set_sampling(self, top_level: int) -> None:
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MAX_LEVEL, top_level)
        small = GL.GL_LINEAR_MIPMAP_LINEAR if self._smooth else GL.GL_NEAREST
        large = GL.GL_LINEAR if self._smooth else GL.GL_NEAREST
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MIN_FILTER, small)
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MAG_FILTER, large)

    def bind(self, unit: int) -> None:
        """Make the picture readable as sampler ``unit``."""
        GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._handle)

    def delete(self) -> None:
        """Free the GL object."""
        GL.glDeleteTextures([self._handle])


def _levels(picture: ByteImage, most: int = 3) -> list[ByteImage]:
    """A picture and its halvings: made here, as software GL takes ten times longer over them."""
    out = [picture]
    while len(out) <= most and min(out[-1].shape[:2]) >= 2:
        height, width = out[-1].shape[:2]
        half = cv2.resize(out[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        out.append(np.asarray(half, dtype=np.uint8))
    return out


class Target:
    """What is drawn into: colour and depth, (S, S), read back as arrays.

    Args:
        size: pixels a side.
        factor: pixels drawn a side for each that is read, 1 or 2: their mean is. Full shading of
            every sample costs software GL less than multisampling does.
        colour: GL internal format of the colour buffer.
    """

    def __init__(self, size: int, factor: int, colour: int) -> None:
        self.size, self.factor, self._drawn = size, factor, size * factor
        self._frame, self._buffers = _framebuffer(self._drawn, colour)
        self._read = self._frame
        if factor > 1:
            self._read, more = _framebuffer(size, colour)
            self._buffers += more

    def begin(self) -> None:
        """Bind and clear to transparent black, infinitely far."""
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._frame)
        GL.glViewport(0, 0, self._drawn, self._drawn)
        GL.glClearColor(0, 0, 0, 0)
        GL.glClearDepth(1)
        GL.glDepthMask(True)  # a clear heeds it
        GL.glClear(GL.GL_COLOR_BUFFER_BIT | GL.GL_DEPTH_BUFFER_BIT)

    def colours(self) -> Single:
        """(S, S, 4) float32 of a float target, first row on top."""
        self._resolve()
        out = np.empty((self.size, self.size, 4), np.float32)
        GL.glReadPixels(0, 0, self.size, self.size, GL.GL_RGBA, GL.GL_FLOAT, out)
        return out[::-1]

    def bytes(self) -> ByteImage:
        """(S, S) uint8: the red channel, first row on top."""
        self._resolve()
        out = np.empty((self.size, self.size), np.uint8)
        GL.glPixelStorei(GL.GL_PACK_ALIGNMENT, 1)
        GL.glReadPixels(0, 0, self.size, self.size, GL.GL_RED, GL.GL_UNSIGNED_BYTE, out)
        return out[::-1]

    def depths(self) -> Single:
        """(S, S) float32 window depth, 0 near to 1 far, first row on top; factor 1 only."""
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._frame)
        out = np.empty((self.size, self.size), np.float32)
        GL.glReadPixels(0, 0, self.size, self.size, GL.GL_DEPTH_COMPONENT, GL.GL_FLOAT, out)
        return out[::-1]

    def _resolve(self) -> None:
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._frame)
        if self._read != self._frame:
            GL.glBindFramebuffer(GL.GL_DRAW_FRAMEBUFFER, self._read)
            large, small = (0, 0, self._drawn, self._drawn), (0, 0, self.size, self.size)
            GL.glBlitFramebuffer(*large, *small, GL.GL_COLOR_BUFFER_BIT, GL.GL_LINEAR)
            GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._read)

    def delete(self) -> None:
        """Free the GL objects."""
        frames = {self._frame, self._read}
        GL.glDeleteFramebuffers(len(frames), list(frames))
        GL.glDeleteRenderbuffers(len(self._buffers), self._buffers)


def _framebuffer(size: int, colour: int) -> tuple[int, list[int]]:
    """A complete framebuffer of renderbuffers, and those.

    Raises:
        RuntimeError: GL cannot draw into these formats.
    """
    frame = GL.glGenFramebuffers(1)
    GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, frame)
    kinds = (
        (GL.GL_COLOR_ATTACHMENT0, colour),
        (GL.GL_DEPTH_ATTACHMENT, GL.GL_DEPTH_COMPONENT32F),
    )
    buffers = [int(b) for b in GL.glGenRenderbuffers(2)]
    for buffer, (attachment, kind) in zip(buffers, kinds, strict=True):
        GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, buffer)
        GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, kind, size, size)
        GL.glFramebufferRenderbuffer(GL.GL_FRAMEBUFFER, attachment, GL.GL_RENDERBUFFER, buffer)
    status = GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER)
    if status != GL.GL_FRAMEBUFFER_COMPLETE:
        raise RuntimeError(f"OpenGL framebuffer is incomplete: {status:#x}")
    return int(frame), buffers


class ShadowMap:
    """Depths seen from a light, (S, S), as blurred moments (Donnelly and Lauritzen 2006).

    One smooth look-up tells how much light passes; software GL takes six times as long over nine
    comparisons of a plain depth map.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._target = Target(size, 1, LABEL_TARGET)
        self._texture = GL.glGenTextures(1)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._texture)
        GL.glTexImage2D(
            GL.GL_TEXTURE_2D, 0, GL.GL_RG32F, size, size, 0, GL.GL_RG, GL.GL_FLOAT, None
        )
        for name, value in (
            (GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR),
            (GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR),
            (GL.GL_TEXTURE_WRAP_S, GL.GL_CLAMP_TO_EDGE),
            (GL.GL_TEXTURE_WRAP_T, GL.GL_CLAMP_TO_EDGE),
        ):
            GL.glTexParameteri(GL.GL_TEXTURE_2D, name, value)

    def begin(self) -> None:
        """Bind and clear to infinitely far."""
        self._target.begin()

    def finish(self, sigma_px: float) -> None:
        """Send what was drawn to the texture, its shadows' edges softened."""
        depth = np.ascontiguousarray(self._target.depths()[::-1])
        moments = cv2.merge([depth, depth * depth])
        moments = cv2.GaussianBlur(moments, (0, 0), sigma_px)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._texture)
        size, target = (self.size, self.size), GL.GL_TEXTURE_2D
        GL.glTexSubImage2D(target, 0, 0, 0, *size, GL.GL_RG, GL.GL_FLOAT, moments)

    def bind(self, unit: int) -> None:
        """Make the moments readable as sampler ``unit``."""
        GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._texture)

    def delete(self) -> None:
        """Free the GL objects."""
        self._target.delete()
        GL.glDeleteTextures([self._texture])


def set_state(*, blend: bool = False, closed: bool = False) -> None:
    """Depth test; premultiplied blending without depth writes; no back faces of a closed mesh."""
    GL.glEnable(GL.GL_DEPTH_TEST)
    GL.glDepthMask(not blend)
    (GL.glEnable if blend else GL.glDisable)(GL.GL_BLEND)
    GL.glBlendFunc(GL.GL_ONE, GL.GL_ONE_MINUS_SRC_ALPHA)
    (GL.glEnable if closed else GL.glDisable)(GL.GL_CULL_FACE)
