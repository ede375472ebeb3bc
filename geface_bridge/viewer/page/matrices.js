// 4x4 matrices as 16 column-major numbers, as WebGL has them.

export const identity = () => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** out[at..] = a[aAt..] · b[bAt..] */
export function multiply(a, b, out = new Array(16), aAt = 0, bAt = 0, at = 0) {
  const result = out === a || out === b ? new Array(16) : null;
  const target = result ?? out;
  const shift = result ? 0 : at;
  for (let column = 0; column < 4; column++) {
    for (let row = 0; row < 4; row++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += a[aAt + k * 4 + row] * b[bAt + column * 4 + k];
      target[shift + column * 4 + row] = sum;
    }
  }
  if (result) for (let i = 0; i < 16; i++) out[at + i] = result[i];
  return out;
}

/** Rotation by the vector's length, in radians, about its direction; 9 column-major numbers. */
export function rotationFromVector(x, y, z) {
  const angle = Math.hypot(x, y, z);
  if (angle < 1e-12) return [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const [a, b, c] = [x / angle, y / angle, z / angle];
  const [s, k] = [Math.sin(angle), 1 - Math.cos(angle)];
  return [
    1 + k * (a * a - 1), k * a * b + s * c, k * a * c - s * b,
    k * a * b - s * c, 1 + k * (b * b - 1), k * b * c + s * a,
    k * a * c + s * b, k * b * c - s * a, 1 + k * (c * c - 1),
  ];
}

/** Translation · rotation · scale. */
export function compose(translation, rotation, scale) {
  const [x, y, z] = scale;
  const r = rotation;
  return [
    r[0] * x, r[1] * x, r[2] * x, 0,
    r[3] * y, r[4] * y, r[5] * y, 0,
    r[6] * z, r[7] * z, r[8] * z, 0,
    translation[0], translation[1], translation[2], 1,
  ];
}

export function perspective(verticalFovRad, aspect, near, far) {
  const f = 1 / Math.tan(verticalFovRad / 2);
  const depth = near - far;
  return [f / aspect, 0, 0, 0, 0, f, 0, 0, 0, 0, (far + near) / depth, -1, 0, 0, (2 * far * near) / depth, 0];
}

export function orthographic(halfWidth, halfHeight, near, far) {
  const depth = near - far;
  return [
    1 / halfWidth, 0, 0, 0, 0, 1 / halfHeight, 0, 0, 0, 0, 2 / depth, 0, 0, 0, (far + near) / depth, 1,
  ];
}

/** View matrix of an eye that looks at a target, y up. */
export function lookAt(eye, target) {
  const z = normalize(subtract(eye, target));
  const x = normalize(cross([0, 1, 0], z));
  const y = cross(z, x);
  return [
    x[0], y[0], z[0], 0, x[1], y[1], z[1], 0, x[2], y[2], z[2], 0,
    -dot(x, eye), -dot(y, eye), -dot(z, eye), 1,
  ];
}

export const subtract = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const scaled = (a, k) => [a[0] * k, a[1] * k, a[2] * k];
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0],
];
export const normalize = (a) => scaled(a, 1 / Math.hypot(...a));
