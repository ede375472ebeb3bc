// Draws the skinned head with raw WebGL2.

import * as matrices from "./matrices.js";
import { PosedNormals } from "./normals.js";
import * as shaders from "./shaders.js";

const SHADOW_SIZE = 1024;
const FOV_RAD = 0.42;
const KEY_LIGHT = [-0.47, 0.52, 0.71]; // as in shaders.js

// What glTF's metallic-roughness model does not say of living things, by material name.
const SURFACES = {
  skin: { roughness: 0.5, specular: 0.028, scatter: [0.42, 0.16, 0.1], cavity: 0 },
  mouth: { roughness: 0.35, specular: 0.035, scatter: [0.3, 0.1, 0.08], cavity: 0.85 },
  eyes: { roughness: 0.12, specular: 0.04, scatter: [0.12, 0.08, 0.06], cavity: 0.3 },
  teeth: { roughness: 0.25, specular: 0.045, scatter: [0.2, 0.16, 0.12], cavity: 0.35 },
  tongue: { roughness: 0.35, specular: 0.035, scatter: [0.3, 0.1, 0.08], cavity: 0.5 },
  lashes: { roughness: 0.8, specular: 0.02, scatter: [0, 0, 0], cavity: 0 },
  hair: { roughness: 0.62, specular: 0.03, scatter: [0.1, 0.08, 0.06], cavity: 0 },
  beard: { roughness: 0.7, specular: 0.025, scatter: [0.1, 0.08, 0.06], cavity: 0 },
  cloth: { roughness: 0.9, specular: 0.02, scatter: [0.05, 0.05, 0.05], cavity: 0 },
  glasses: { roughness: 0.22, specular: 0.05, scatter: [0, 0, 0], cavity: 0 },
};
// Parts that bones bend; the others are rigid, or hair.
const BENDING = new Set(["skin", "mouth", "tongue"]);
const CLAY = [0.42, 0.4, 0.38, 1];
const PLAIN = { roughness: 0.5, specular: 0.04, scatter: [0, 0, 0], cavity: 0 };

export class Renderer {
  constructor(canvas, head) {
    const gl = canvas.getContext("webgl2", { antialias: true, alpha: true });
    if (!gl) throw new Error("this browser has no WebGL2");
    this.canvas = canvas;
    this.gl = gl;
    this.mirrored = false;
    this.showBones = false;
    this.clay = false;
    this.head = head;
    this.program = link(gl, shaders.HEAD_VERTEX, shaders.HEAD_FRAGMENT, ["v_position"]);
    this.depthProgram = link(gl, shaders.DEPTH_VERTEX, shaders.DEPTH_FRAGMENT);
    this.lineProgram = link(gl, shaders.LINE_VERTEX, shaders.LINE_FRAGMENT);
    this.bounds = boundsOf(head.primitives);
    this.parts = head.primitives.map((primitive) => upload(gl, primitive));
    this.props = [];
    this.hidden = new Set();
    this.jointTexture = makeJointTexture(gl, head.joints.length);
    this.shadow = makeShadow(gl);
    this.lines = gl.createBuffer();
    this.white = makeImage(gl, null);
    this.camera = new Camera(this.bounds);
  }

  /** @param {Skeleton} skeleton evaluated */
  draw(skeleton) {
    const { gl } = this;
    this.uploadJoints(skeleton);
    this.uploadNormals(skeleton);
    gl.enable(gl.DEPTH_TEST);
    const shadowFromRig = this.drawShadow();
    this.drawHead(shadowFromRig);
    if (this.showBones) this.drawBones(skeleton);
  }

  uploadJoints(skeleton) {
    const { gl } = this;
    const rows = this.head.joints.length;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.jointTexture);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 4, rows, gl.RGBA, gl.FLOAT, skeleton.skin);
  }

  uploadNormals(skeleton) {
    const { gl } = this;
    for (const { posedNormals, normalBuffer } of this.parts) {
      if (!posedNormals) continue;
      gl.bindBuffer(gl.ARRAY_BUFFER, normalBuffer);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, posedNormals.update(skeleton.skin));
    }
  }

  /** What is drawn, that which blends last. */
  visible() {
    const all = [...this.parts.filter(({ name }) => !this.hidden.has(name)), ...this.props];
    return all.sort((a, b) => Number(a.blended) - Number(b.blended));
  }

  drawShadow() {
    const { gl } = this;
    const clipFromRig = lightMatrix(this.bounds);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.shadow.framebuffer);
    gl.viewport(0, 0, SHADOW_SIZE, SHADOW_SIZE);
    gl.clear(gl.DEPTH_BUFFER_BIT);
    gl.disable(gl.CULL_FACE);
    gl.depthMask(true);
    this.drawDepth(clipFromRig, this.visible().filter(({ blended }) => !blended));
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    return clipFromRig;
  }

  /** Fill the depth buffer with these parts. */
  drawDepth(clipFromRig, parts) {
    const { gl } = this;
    const { at, handle } = this.depthProgram;
    gl.useProgram(handle);
    gl.uniform1i(at.u_joints, 0);
    gl.uniform1i(at.u_image, 1);
    gl.uniformMatrix4fv(at.u_clip_from_rig, false, clipFromRig);
    gl.activeTexture(gl.TEXTURE1);
    for (const part of parts) {
      gl.bindTexture(gl.TEXTURE_2D, part.image);
      gl.uniform1f(at.u_cutoff, part.cutoff);
      drawPart(gl, part);
    }
  }

  /** Where hair is, sample by sample: shading it comes after, once a pixel instead of once a card. */
  drawHair() {
    const { gl } = this;
    gl.colorMask(false, false, false, false);
    gl.disable(gl.CULL_FACE);
    gl.enable(gl.SAMPLE_ALPHA_TO_COVERAGE);
    this.drawDepth(this.clipFromRig(), this.visible().filter(({ cutoff }) => cutoff >= 0));
    gl.disable(gl.SAMPLE_ALPHA_TO_COVERAGE);
    gl.colorMask(true, true, true, true);
  }

  drawHead(shadowFromRig) {
    const { gl, canvas } = this;
    const { at, handle } = this.program;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.depthMask(true);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.drawHair();
    gl.useProgram(handle);
    gl.frontFace(this.mirrored ? gl.CW : gl.CCW);
    gl.activeTexture(gl.TEXTURE2);
    gl.bindTexture(gl.TEXTURE_2D, this.shadow.texture);
    gl.uniform1i(at.u_joints, 0);
    gl.uniform1i(at.u_image, 1);
    gl.uniform1i(at.u_shadow, 2);
    gl.uniform1f(at.u_texel, 1 / SHADOW_SIZE);
    gl.uniformMatrix4fv(at.u_shadow_from_rig, false, shadowFromRig);
    gl.uniformMatrix4fv(at.u_clip_from_rig, false, this.clipFromRig());
    gl.uniform3fv(at.u_eye, this.camera.eye());
    gl.uniform1i(at.u_surface, 3);
    for (const part of this.visible()) this.shade(part);
    gl.depthMask(true);
    gl.depthFunc(gl.LESS);
    gl.disable(gl.BLEND);
  }

  shade(part) {
    const { gl } = this;
    const { at } = this.program;
    toggle(gl, gl.CULL_FACE, !part.doubleSided);
    toggle(gl, gl.BLEND, part.blended);
    gl.depthFunc(part.cutoff >= 0 ? gl.EQUAL : gl.LESS);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.depthMask(!part.blended);
    const plain = this.clay && !part.blended && part.cutoff < 0;
    gl.activeTexture(gl.TEXTURE3);
    gl.bindTexture(gl.TEXTURE_2D, part.relief ?? this.white);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, plain ? this.white : part.image);
    gl.uniform1i(at.u_mapped, Number(part.relief !== null));
    gl.uniform1i(at.u_posed_normals, Number(part.posedNormals !== null));
    gl.uniform4fv(at.u_color, plain ? CLAY : part.color);
    gl.uniform1f(at.u_roughness, part.surface.roughness);
    gl.uniform1f(at.u_specular, part.surface.specular);
    gl.uniform3fv(at.u_scatter, part.surface.scatter);
    gl.uniform1f(at.u_cavity, part.surface.cavity);
    gl.uniform1i(at.u_cut_out, Number(part.cutoff >= 0));
    drawPart(gl, part);
  }

  drawBones(skeleton) {
    const { gl } = this;
    const { at, handle } = this.lineProgram;
    const ends = this.head.joints.flatMap(({ parent }, joint) =>
      parent < 0 ? [] : [...skeleton.origin(parent), ...skeleton.origin(joint)],
    );
    gl.useProgram(handle);
    gl.bindVertexArray(null);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.lines);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(ends), gl.STREAM_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
    gl.uniformMatrix4fv(at.u_clip_from_rig, false, this.clipFromRig());
    gl.disable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.uniform4f(at.u_color, 0.35, 0.82, 1, 0.35);
    gl.drawArrays(gl.LINES, 0, ends.length / 3);
    gl.uniform4f(at.u_color, 0.35, 0.82, 1, 0.95);
    gl.drawArrays(gl.POINTS, 0, ends.length / 3);
    gl.disable(gl.BLEND);
  }

  clipFromRig() {
    const { width, height } = this.canvas;
    const eyeFromRig = matrices.lookAt(this.camera.eye(), this.camera.target);
    const { near, far } = this.camera.range();
    const clip = matrices.perspective(FOV_RAD, width / height, near, far);
    if (this.mirrored) clip[0] = -clip[0];
    return matrices.multiply(clip, eyeFromRig);
  }

  /** Fit the drawing buffer to the element; true if it changed. */
  resize() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.canvas.width === width && this.canvas.height === height) return false;
    Object.assign(this.canvas, { width, height });
    return true;
  }

  /** Give a part another picture. */
  setImage(name, bitmap) {
    for (const part of this.parts.filter((each) => each.name === name)) {
      this.gl.deleteTexture(part.image);
      part.image = makeImage(this.gl, bitmap);
    }
  }

  /** Give a part its surface: how open it is to the sky, roughness and height. */
  setRelief(name, bitmap) {
    for (const part of this.parts.filter((each) => each.name === name)) {
      this.gl.deleteTexture(part.relief);
      part.relief = makeImage(this.gl, bitmap, this.gl.RGBA8);
    }
  }

  /** Hair, clothes and the like that this person wears, as `glb.js` has primitives, and the names
   * of the head's own parts that give way to them. */
  setProps(primitives, hidden) {
    this.props.forEach((part) => release(this.gl, part));
    this.props = primitives.map((primitive) => upload(this.gl, primitive));
    this.hidden = new Set(hidden);
  }

  /** Posed vertices of a part as the GPU computes them, 3 numbers a vertex. For tests. */
  posedPositions(skeleton, name) {
    const { gl } = this;
    this.uploadJoints(skeleton);
    const part = [...this.parts, ...this.props].find((each) => each.name === name);
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.TRANSFORM_FEEDBACK_BUFFER, buffer);
    gl.bufferData(gl.TRANSFORM_FEEDBACK_BUFFER, part.vertexCount * 12, gl.STREAM_READ);
    gl.bindBufferBase(gl.TRANSFORM_FEEDBACK_BUFFER, 0, buffer);
    gl.useProgram(this.program.handle);
    gl.uniform1i(this.program.at.u_joints, 0);
    gl.enable(gl.RASTERIZER_DISCARD);
    gl.bindVertexArray(part.vertexArray);
    gl.beginTransformFeedback(gl.POINTS);
    gl.drawArrays(gl.POINTS, 0, part.vertexCount);
    gl.endTransformFeedback();
    gl.disable(gl.RASTERIZER_DISCARD);
    const out = new Float32Array(part.vertexCount * 3);
    gl.getBufferSubData(gl.TRANSFORM_FEEDBACK_BUFFER, 0, out);
    gl.bindBufferBase(gl.TRANSFORM_FEEDBACK_BUFFER, 0, null);
    gl.deleteBuffer(buffer);
    return out;
  }
}

/** An orbit about the head: yaw and pitch in radians, distance in metres. */
export class Camera {
  constructor(bounds) {
    this.rest = { yaw: 0, pitch: 0.03, zoom: 1 };
    const height = bounds.high[1] - bounds.low[1];
    const middle = (axis) => (bounds.high[axis] + bounds.low[axis]) / 2;
    this.target = [middle(0), middle(1) + 0.04 * height, middle(2)];
    this.distance = (0.5 * height) / Math.tan(FOV_RAD / 2);
    this.reset();
  }

  reset() {
    Object.assign(this, this.rest);
  }

  turn(yaw, pitch) {
    this.yaw += yaw;
    this.pitch = Math.max(-1.3, Math.min(1.3, this.pitch + pitch));
  }

  zoomBy(factor) {
    this.zoom = Math.max(0.3, Math.min(3, this.zoom * factor));
  }

  eye() {
    const far = this.distance * this.zoom;
    const flat = Math.cos(this.pitch) * far;
    const offset = [Math.sin(this.yaw) * flat, Math.sin(this.pitch) * far, Math.cos(this.yaw) * flat];
    return matrices.add(this.target, offset);
  }

  range() {
    const far = this.distance * this.zoom;
    return { near: far * 0.1, far: far + this.distance };
  }
}

function lightMatrix({ low, high }) {
  const center = matrices.scaled(matrices.add(low, high), 0.5);
  const radius = 0.55 * Math.hypot(...matrices.subtract(high, low));
  const eye = matrices.add(center, matrices.scaled(matrices.normalize(KEY_LIGHT), 2 * radius));
  const clip = matrices.orthographic(radius, radius, radius * 0.5, radius * 3.5);
  return matrices.multiply(clip, matrices.lookAt(eye, center));
}

function boundsOf(primitives) {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const { positions } of primitives) {
    positions.forEach((value, i) => {
      low[i % 3] = Math.min(low[i % 3], value);
      high[i % 3] = Math.max(high[i % 3], value);
    });
  }
  return { low, high };
}

function upload(gl, primitive) {
  const vertexArray = gl.createVertexArray();
  gl.bindVertexArray(vertexArray);
  const normalBuffer = attribute(gl, 1, primitive.normals, 3);
  const indices = gl.createBuffer();
  const buffers = [
    normalBuffer, indices,
    attribute(gl, 0, primitive.positions, 3),
    attribute(gl, 2, primitive.uvs ?? new Float32Array((primitive.positions.length / 3) * 2), 2),
    attribute(gl, 3, primitive.joints, 4),
    attribute(gl, 4, primitive.weights, 4),
  ];
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, primitive.triangles, gl.STATIC_DRAW);
  gl.bindVertexArray(null);
  return {
    buffers,
    name: primitive.name,
    vertexArray,
    vertexCount: primitive.positions.length / 3,
    indexCount: primitive.triangles.length,
    color: primitive.color,
    doubleSided: primitive.doubleSided,
    blended: primitive.alphaMode === "BLEND",
    cutoff: primitive.alphaMode === "MASK" ? primitive.alphaCutoff : -1,
    surface: SURFACES[primitive.label ?? primitive.name] ?? { ...PLAIN, roughness: Math.max(primitive.roughness, 0.08) },
    image: makeImage(gl, primitive.image, gl.SRGB8_ALPHA8, primitive.alphaMode === "MASK" ? 1 : 8),
    relief: null,
    normalBuffer,
    posedNormals: BENDING.has(primitive.name) ? new PosedNormals(primitive) : null,
  };
}

function release(gl, part) {
  part.buffers.forEach((buffer) => gl.deleteBuffer(buffer));
  gl.deleteVertexArray(part.vertexArray);
  gl.deleteTexture(part.image);
}

function attribute(gl, slot, values, width) {
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(slot);
  if (values instanceof Uint16Array) gl.vertexAttribIPointer(slot, width, gl.UNSIGNED_SHORT, 0, 0);
  else gl.vertexAttribPointer(slot, width, gl.FLOAT, false, 0, 0);
  return buffer;
}

function drawPart(gl, part) {
  gl.bindVertexArray(part.vertexArray);
  gl.drawElements(gl.TRIANGLES, part.indexCount, gl.UNSIGNED_INT, 0);
}

function toggle(gl, capability, on) {
  if (on) gl.enable(capability);
  else gl.disable(capability);
}

/** Anisotropy costs most where many cards of hair lie over each other, and shows least. */
function makeImage(gl, bitmap, format = gl.SRGB8_ALPHA8, anisotropy = 8) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  const source = bitmap ?? new ImageData(new Uint8ClampedArray([255, 255, 255, 255]), 1, 1);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.texImage2D(gl.TEXTURE_2D, 0, format, gl.RGBA, gl.UNSIGNED_BYTE, source);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  const sharper = gl.getExtension("EXT_texture_filter_anisotropic");
  if (sharper) gl.texParameterf(gl.TEXTURE_2D, sharper.TEXTURE_MAX_ANISOTROPY_EXT, anisotropy);
  return texture;
}

function makeJointTexture(gl, count) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, 4, count);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  return texture;
}

function makeShadow(gl) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.DEPTH_COMPONENT24, SHADOW_SIZE, SHADOW_SIZE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_COMPARE_MODE, gl.COMPARE_REF_TO_TEXTURE);
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.TEXTURE_2D, texture, 0);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  return { texture, framebuffer };
}

function link(gl, vertex, fragment, captured = []) {
  const handle = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(handle, shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) {
      throw new Error(`shader: ${gl.getShaderInfoLog(shader)}`);
    }
  }
  if (captured.length) gl.transformFeedbackVaryings(handle, captured, gl.SEPARATE_ATTRIBS);
  gl.linkProgram(handle);
  if (!gl.getProgramParameter(handle, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(handle));
  const at = {};
  const count = gl.getProgramParameter(handle, gl.ACTIVE_UNIFORMS);
  for (let i = 0; i < count; i++) {
    const { name } = gl.getActiveUniform(handle, i);
    at[name] = gl.getUniformLocation(handle, name);
  }
  return { handle, at };
}
