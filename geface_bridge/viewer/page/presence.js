// What a head shows while a face comes and goes: hold, fade to rest, come back. The same law as
// geface_bridge/motion/presence.py, held to the same golden numbers.

/** Seconds: of a loss that is not to be seen, of the way to rest, of the way back. */
export const PRESENCE = { hold_s: 0.3, fade_s: 0.7, return_s: 0.25 };

/** Channels to show for one subject. No clock; times are handed in and do not fall. */
export class Presence {
  constructor(count, config = PRESENCE) {
    this.config = config;
    this.shown = new Float64Array(count);
    this.fading = new Float64Array(count); // what was shown when the face was lost
    this.from = new Float64Array(count); // where the way back began
    this.lostS = 0; // null while there is a face
    this.backS = -Infinity; // no face was ever seen
  }

  /** @param {ArrayLike<number> | null} channels of a valid frame, null while the face is lost */
  show(channels, timeS) {
    if (channels === null) this.leave(timeS);
    else this.comeBack(channels, timeS);
    return this.shown;
  }

  /** Whether the loss is to be seen by now. */
  isGone(timeS) {
    return this.lostS !== null && timeS - this.lostS > this.config.hold_s;
  }

  comeBack(channels, timeS) {
    if (this.lostS !== null) this.found(timeS);
    const share = eased((timeS - this.backS) / Math.max(this.config.return_s, 1e-9));
    for (let i = 0; i < this.shown.length; i++) {
      this.shown[i] = this.from[i] + share * (channels[i] - this.from[i]);
    }
  }

  found(timeS) {
    if (this.isGone(timeS) || this.backS === -Infinity) {
      this.from.set(this.shown);
      this.backS = timeS;
    } else {
      this.backS += timeS - this.lostS; // a way back that was interrupted goes on where it was
    }
    this.lostS = null;
  }

  leave(timeS) {
    if (this.lostS === null) {
      this.lostS = timeS;
      this.fading.set(this.shown);
    }
    const goneS = timeS - this.lostS - this.config.hold_s;
    const kept = 1 - eased(goneS / Math.max(this.config.fade_s, 1e-9));
    for (let i = 0; i < this.shown.length; i++) this.shown[i] = this.fading[i] * kept;
  }
}

/** Hermite step of a share of the way, 0..1. */
export function eased(share) {
  const t = Math.min(Math.max(share, 0), 1);
  return t * t * (3 - 2 * t);
}
