// Steers the take that a server plays: pause, speed, five seconds back or on.

import { byId, element } from "./page.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4];
const SEEK_S = 5;
const STILL_S = 1; // without frames for so long, it stands still
const WISH_S = 2.5; // how long a wish is believed before what comes is
const WINDOW_S = 2; // over which the speed is measured

/** Whether a server plays a take, by what it says it watches. */
export const isTake = (hello) => hello.source?.startsWith("take ") ?? false;

/**
 * Whether the take runs, and how fast, is not on the wire: both are seen from the frames that come,
 * whoever steers. Where it stands only the server knows, so seeks are relative.
 */
export class TakeBar {
  constructor(send) {
    this.send = send;
    this.active = false;
    this.speeds = SPEEDS.map((speed) => this.speedButton(speed));
    byId("pause").addEventListener("click", () => this.pause(!this.paused));
    byId("back").addEventListener("click", () => this.seek(-SEEK_S));
    byId("on").addEventListener("click", () => this.seek(SEEK_S));
    this.forget();
  }

  speedButton(speed) {
    const button = element("button", "", byId("speeds"), `${speed}×`);
    button.addEventListener("click", () => this.setSpeed(speed));
    return { speed, button };
  }

  /** Of another server, or the same one again. */
  announce(hello) {
    this.forget();
    this.active = isTake(hello);
    byId("take").hidden = !this.active;
  }

  forget() {
    this.arrivals = [];
    this.wish = { atS: -Infinity };
    this.arrivedS = -Infinity;
    this.paused = false;
    this.speed = null;
  }

  frame(frame, nowS) {
    if (!this.active) return;
    this.arrivedS = nowS;
    this.arrivals.push({ timeS: frame.time_s, atS: nowS });
    while (this.arrivals[0].atS < nowS - WINDOW_S) this.arrivals.shift();
  }

  tick(nowS) {
    if (!this.active) return;
    const wish = nowS - this.wish.atS < WISH_S ? this.wish : {};
    this.paused = wish.paused ?? nowS - this.arrivedS > STILL_S;
    this.speed = wish.speed ?? this.measuredSpeed() ?? this.speed;
    byId("pause").textContent = this.paused ? "Play" : "Pause";
    for (const each of this.speeds) {
      const near = this.speed !== null && Math.abs(Math.log2(this.speed / each.speed)) < 0.3;
      each.button.setAttribute("aria-pressed", String(near));
    }
  }

  /** Times the recorded, of the frames of the last seconds; null while there are too few. */
  measuredSpeed() {
    if (this.arrivals.length < 4) return null;
    const [first, last] = [this.arrivals[0], this.arrivals.at(-1)];
    const spanS = last.atS - first.atS;
    return spanS > WINDOW_S / 4 && last.timeS > first.timeS ? (last.timeS - first.timeS) / spanS : null;
  }

  pause(paused) {
    this.tell({ paused }, { paused });
  }

  setSpeed(speed) {
    this.tell({ speed }, { speed });
  }

  seek(byS) {
    this.tell({ skip_s: byS }, { paused: this.paused }); // as still as before
  }

  tell(message, wish) {
    if (!this.send({ type: "playback", ...message })) return false;
    this.wish = { ...wish, atS: performance.now() / 1000 };
    this.arrivals = []; // how fast those came says nothing of what follows
    return true;
  }
}
