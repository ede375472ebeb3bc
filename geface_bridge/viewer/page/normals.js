// Normals of the posed skin. Bones carry normals along rigidly, but a cheek that bulges has new
// ones; so they are made from the posed triangles, as rig/skinning.py does.

export class PosedNormals {
  /** @param {object} primitive of glb.js */
  constructor({ positions, joints, weights, triangles }) {
    Object.assign(this, { positions, joints, weights });
    this.corner = welded(positions);
    this.triangles = triangles;
    this.posed = new Float32Array(positions.length);
    this.sums = new Float32Array(positions.length);
    /** 3 numbers a vertex, unit. */
    this.normals = new Float32Array(positions.length);
  }

  /** @param {Float32Array} skin 16 column-major numbers a joint, posed from rest */
  update(skin) {
    this.pose(skin);
    this.gather();
    const { corner, sums, normals } = this;
    for (let i = 0; i < corner.length; i++) {
      const at = 3 * corner[i];
      const size = Math.hypot(sums[at], sums[at + 1], sums[at + 2]) || 1;
      for (let k = 0; k < 3; k++) normals[3 * i + k] = sums[at + k] / size;
    }
    return normals;
  }

  pose(skin) {
    const { positions, joints, weights, posed } = this;
    posed.fill(0);
    for (let i = 0; i < positions.length; i += 3) {
      const [x, y, z] = [positions[i], positions[i + 1], positions[i + 2]];
      for (let slot = (4 * i) / 3, end = slot + 4; slot < end; slot++) {
        const w = weights[slot];
        if (w === 0) continue;
        const m = 16 * joints[slot];
        for (let k = 0; k < 3; k++) {
          posed[i + k] += w * (skin[m + k] * x + skin[m + 4 + k] * y + skin[m + 8 + k] * z + skin[m + 12 + k]);
        }
      }
    }
  }

  /** Add every triangle's normal, as long as its area, to its corners. */
  gather() {
    const { triangles, corner, posed: p, sums } = this;
    sums.fill(0);
    for (let t = 0; t < triangles.length; t += 3) {
      const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
      const ux = p[b] - p[a], uy = p[b + 1] - p[a + 1], uz = p[b + 2] - p[a + 2];
      const vx = p[c] - p[a], vy = p[c + 1] - p[a + 1], vz = p[c + 2] - p[a + 2];
      const nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
      for (let k = 0; k < 3; k++) {
        const at = 3 * corner[triangles[t + k]];
        sums[at] += nx;
        sums[at + 1] += ny;
        sums[at + 2] += nz;
      }
    }
  }
}

/** For each vertex the first that lies in the same place: seams of the texture are none here. */
function welded(positions) {
  const first = new Map();
  const out = new Uint32Array(positions.length / 3);
  for (let i = 0; i < out.length; i++) {
    const key = [0, 1, 2].map((k) => Math.round(positions[3 * i + k] * 1e7)).join();
    if (!first.has(key)) first.set(key, i);
    out[i] = first.get(key);
  }
  return out;
}
