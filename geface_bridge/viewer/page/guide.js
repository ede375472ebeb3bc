// Guides a performer through a calibration: what to do, 3-2-1, progress until it is learned.

import { byId } from "./page.js";

const COUNT_S = 3;
const PATIENCE_S = 15; // beyond the time itself: a face may be out of view at first
const OUTCOME_S = 2.5;
const LEARNED = "face learned"; // the server's words
export const LIDS = ["AU05", "AU07", "AU43"]; // whose range the server leaves alone

const NEUTRAL = {
  kind: "neutral", channels: [], durationS: 2,
  title: "Relax, look ahead", text: "Mouth closed, brows at rest, hold still",
};
const RANGE = {
  kind: "range", channels: [], durationS: 8,
  title: "Go as far as you can", text: "Brows, cheeks, nose, mouth and jaw, one after the other",
};

/** Phases: null (hidden), "count", "taking", "done"; the viewer's ticks drive it. */
export class Guide {
  /** @param send tells the server; false where there is no connection */
  constructor(send) {
    this.send = send;
    this.phase = null;
    byId("guide-cancel").addEventListener("click", () => this.close());
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.phase === "count") this.close();
    });
  }

  neutral(subject) {
    this.begin({ ...NEUTRAL, subject });
  }

  range(subject, channels = [], what = "") {
    const one = { channels, durationS: 4, text: `${what}: a few times, with rests between` };
    this.begin({ ...RANGE, subject, ...(channels.length ? one : {}) });
  }

  begin(task) {
    this.task = task;
    this.enter("count", task.title, task.text);
  }

  close() {
    this.phase = null;
    byId("guide").hidden = true;
  }

  /** What the server says decides how it goes on. */
  status({ level, text }) {
    if (this.phase !== "taking") return;
    if (level === "error") this.close(); // the events say why
    else if (text === LEARNED) this.enter("done", "Face learned", "");
  }

  tick(nowS) {
    if (this.phase === null) return;
    this.sinceS ??= nowS;
    const goneS = nowS - this.sinceS;
    if (this.phase === "count") this.count(goneS);
    else if (this.phase === "taking") this.take(goneS);
    else if (goneS > OUTCOME_S) this.close();
  }

  count(goneS) {
    this.show(String(Math.ceil(COUNT_S - goneS)), goneS / COUNT_S);
    if (goneS < COUNT_S) return;
    const { kind, channels, subject, durationS } = this.task;
    const message = { type: "calibrate", duration_s: durationS, subject, kind, channels };
    if (this.send(message)) this.enter("taking", this.task.title, this.task.text);
    else this.close();
  }

  take(goneS) {
    const { durationS } = this.task;
    const leftS = durationS - goneS;
    this.show(leftS > 0 ? String(Math.ceil(leftS)) : "…", Math.max(0, 1 - leftS / durationS));
    if (leftS < -1) byId("guide-text").textContent = "Waiting until the face was in view long enough";
    if (leftS < -PATIENCE_S) this.enter("done", "Nothing was learned", "Is the face in view?");
  }

  enter(phase, title, text) {
    this.phase = phase;
    this.sinceS = null;
    byId("guide").hidden = false;
    byId("guide").dataset.phase = phase;
    byId("guide-title").textContent = title;
    byId("guide-text").textContent = text;
    byId("guide-cancel").hidden = phase !== "count";
    this.show(phase === "done" ? (title === "Face learned" ? "✓" : "!") : "", phase === "done" ? 1 : 0);
  }

  show(text, done) {
    const dial = byId("guide-dial");
    if (dial.textContent !== text) dial.textContent = text;
    dial.style.setProperty("--done", Math.min(done, 1).toFixed(3));
  }
}
