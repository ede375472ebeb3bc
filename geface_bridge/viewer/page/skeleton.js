// Channels → joint matrices: the evaluator of rig/skeleton.py, for the browser.
//
// translation = Σ w t, rotvec = Σ w r, scale = 1 + Σ w (s - 1), composed as T·R·S in the parent's
// frame; w is the product of max(0, gain · channel) over a driver's factors. All joints have the
// head's axes at rest. Curves (rig/profile.py) move no joint and are not read here.

import { compose, multiply, rotationFromVector } from "./matrices.js";

export class Skeleton {
  /**
   * @param {object} head of glb.js
   * @param {object} profile parsed rig/profiles/geface.json
   * @param {string[]} channelNames in the wire's order
   * @param {Object<string, number[]>[]} offsets of each identity parameter at 1: joint → 9 numbers
   */
  constructor(head, profile, channelNames, offsets = []) {
    this.joints = head.joints;
    this.order = parentsFirst(head.joints);
    this.inverseBind = head.inverseBind;
    this.channelCount = channelNames.length;
    this.headJoint = head.joints.findIndex((joint) => joint.name === profile.head_bone);
    this.turn = ["head_yaw", "head_pitch", "head_roll"].map((name) => channelNames.indexOf(name));
    this.poses = profile.drivers.map((driver) => this.pose(driver, profile, channelNames));
    this.identity = offsets.map((moved) => this.parts(Object.entries(moved)));
    this.local = new Float64Array(9 * head.joints.length);
    this.global = new Float64Array(16 * head.joints.length);
    /** 16 column-major floats a joint: posed from rest. */
    this.skin = new Float32Array(16 * head.joints.length);
  }

  pose(driver, profile, channelNames) {
    const bones = Object.entries(profile.poses[driver.pose].bones).map(([name, part]) => [
      name, [...part.translation, ...part.rotvec, ...part.scale.map((value) => value - 1)],
    ]);
    const factors = [driver, ...(driver.times ?? [])].map(({ channel, gain }) => ({
      channel: channelNames.indexOf(channel), gain,
    }));
    return { factors, parts: this.parts(bones) };
  }

  parts(named) {
    return named.map(([name, values]) => ({
      joint: this.joints.findIndex((joint) => joint.name === name), values,
    }));
  }

  /** Fill `skin` for (C,) channels in wire order and identity parameters in 0..1 (or none). */
  evaluate(channels, identity = []) {
    this.local.fill(0);
    this.blend(channels);
    identity.forEach((value, i) => this.add(this.identity[i], 2 * value - 1));
    for (const joint of this.order) {
      this.place(joint, channels);
      multiply(this.global, this.inverseBind, this.skin, joint * 16, joint * 16, joint * 16);
    }
    return this.skin;
  }

  blend(channels) {
    for (const { factors, parts } of this.poses) {
      let weight = 1;
      for (const { channel, gain } of factors) weight *= Math.max(0, gain * channels[channel]);
      this.add(parts, weight);
    }
  }

  add(parts, weight) {
    if (weight === 0) return;
    for (const { joint, values } of parts) {
      for (let i = 0; i < 9; i++) this.local[joint * 9 + i] += weight * values[i];
    }
  }

  place(joint, channels) {
    const [tx, ty, tz, rx, ry, rz, sx, sy, sz] = this.local.subarray(joint * 9, joint * 9 + 9);
    const { parent, translation: rest } = this.joints[joint];
    let rotation = rotationFromVector(rx, ry, rz);
    if (joint === this.headJoint) rotation = product(this.headTurn(channels), rotation);
    const local = compose(
      [rest[0] + tx, rest[1] + ty, rest[2] + tz], rotation, [1 + sx, 1 + sy, 1 + sz],
    );
    if (parent < 0) this.global.set(local, joint * 16);
    else multiply(this.global, local, this.global, parent * 16, 0, joint * 16);
  }

  /** R_y(yaw) R_x(pitch) R_z(roll), 9 column-major numbers. */
  headTurn(channels) {
    const [yaw, pitch, roll] = this.turn.map((index) => channels[index]);
    const tilt = product(rotationFromVector(pitch, 0, 0), rotationFromVector(0, 0, roll));
    return product(rotationFromVector(0, yaw, 0), tilt);
  }

  /** Posed place of a joint's origin, metres. */
  origin(joint) {
    return Array.from(this.global.subarray(joint * 16 + 12, joint * 16 + 15));
  }
}

function parentsFirst(joints) {
  const depth = (joint) => (joints[joint].parent < 0 ? 0 : 1 + depth(joints[joint].parent));
  return joints.map((_, i) => i).sort((a, b) => depth(a) - depth(b));
}

function product(a, b) {
  const out = new Array(9);
  for (let column = 0; column < 3; column++) {
    for (let row = 0; row < 3; row++) {
      out[column * 3 + row] =
        a[row] * b[column * 3] + a[3 + row] * b[column * 3 + 1] + a[6 + row] * b[column * 3 + 2];
    }
  }
  return out;
}
