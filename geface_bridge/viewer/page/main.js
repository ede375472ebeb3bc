// The viewer: an ordinary client of geface.v1 that moves the rig's own head in WebGL2.

import { Connection } from "./connection.js";
import { loadHead } from "./glb.js";
import { bitmap, byId, connectOrbit, fetched, press } from "./page.js";
import { Panel } from "./panel.js";
import { Renderer } from "./renderer.js";
import { Skeleton } from "./skeleton.js";

const RELAX_S = 0.35; // a lost face goes back to rest in about this time
const CALIBRATION_S = 2;
const EVENT_SHOWN_S = 7;
const STALE_S = 1;
const TURNS = ["head_yaw", "head_pitch", "head_roll"];

class Viewer {
  constructor(session, head, profile) {
    this.profile = profile;
    this.head = head;
    this.renderer = new Renderer(byId("head"), head);
    this.panel = new Panel(session.units);
    this.subject = 0;
    this.followHead = true;
    this.dirty = true;
    this.forget();
    this.announce({ channels: session.channels, subjects: ["face"] });
    this.connection = new Connection(session.url, session.subprotocol, {
      state: (name, text) => this.state(name, text),
      hello: (hello) => this.hello(hello),
      frame: (frame) => this.frame(frame),
      status: (status) => showEvent(status.level, status.text),
    });
  }

  start() {
    this.connection.open();
    const tick = (nowMs) => {
      this.tick(nowMs / 1000);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  forget() {
    this.newest = null;
    this.isNew = false;
    this.frameTimes = [];
    this.missed = 0;
    this.lastSequence = null;
    this.arrivedS = 0;
  }

  hello(hello) {
    this.forget();
    if (hello.layout_id !== this.profile.layout_id) {
      notice(`The server's layout is ${hello.layout_id}, this head's is ${this.profile.layout_id}: reload the page`);
      this.refused = true;
      return;
    }
    this.refused = false;
    this.announce(hello);
  }

  announce(hello) {
    const names = hello.channels.map((channel) => channel.name);
    this.turnIndices = TURNS.map((name) => names.indexOf(name));
    this.skeleton = new Skeleton(this.head, this.profile, names);
    this.shown = new Float32Array(names.length);
    this.panel.announce(hello);
    this.listSubjects(hello.subjects);
  }

  listSubjects(subjects) {
    const select = byId("subject");
    select.hidden = subjects.length < 2;
    select.replaceChildren(...subjects.map((name, i) => new Option(name, String(i))));
    this.subject = Math.min(this.subject, subjects.length - 1);
    select.value = String(this.subject);
  }

  choose(subject) {
    this.subject = subject;
    this.forget();
  }

  state(name, text) {
    const pill = byId("state");
    pill.dataset.state = name;
    pill.textContent = text;
    byId("calibrate").disabled = name !== "open";
    if (name !== "open") {
      this.forget();
      this.panel.clear();
    }
  }

  frame(frame) {
    if (frame.subject !== this.subject || this.refused) return;
    if (this.lastSequence !== null) this.missed += frame.sequence - this.lastSequence - 1;
    this.lastSequence = frame.sequence;
    this.newest = frame;
    this.isNew = true;
    this.arrivedS = performance.now() / 1000;
    this.frameTimes.push(this.arrivedS);
    while (this.frameTimes[0] < this.arrivedS - 2) this.frameTimes.shift();
  }

  tick(nowS) {
    const elapsedS = Math.min(0.1, nowS - (this.tickedS ?? nowS));
    this.tickedS = nowS;
    if (!this.refused) this.tellFace(nowS);
    const moved = this.pose(elapsedS);
    const resized = this.renderer.resize();
    if (moved || resized || this.dirty) this.draw();
    if (this.isNew) this.measure();
    this.isNew = false;
  }

  /** Move `shown` towards what the stream says; true if it changed and has to be drawn. */
  pose(elapsedS) {
    const live = this.newest?.valid && this.newest.channels.length === this.shown.length;
    if (live) {
      const moved = this.isNew && this.newest.channels.some((value, i) => value !== this.shown[i]);
      if (moved) this.shown.set(this.newest.channels);
      return moved;
    }
    const keep = Math.exp(-elapsedS / (RELAX_S / 3));
    let largest = 0;
    for (let i = 0; i < this.shown.length; i++) {
      this.shown[i] *= keep;
      largest = Math.max(largest, Math.abs(this.shown[i]));
    }
    if (largest > 0 && largest < 1e-4) this.shown.fill(0);
    return largest > 0;
  }

  draw() {
    this.dirty = false;
    const posed = Float32Array.from(this.shown);
    if (!this.followHead) for (const index of this.turnIndices) posed[index] = 0;
    this.skeleton.evaluate(posed);
    this.renderer.draw(this.skeleton);
    this.panel.show(this.shown);
  }

  measure() {
    const times = this.frameTimes;
    const ageS = this.connection.ageS(this.newest);
    this.panel.measure({
      latencyMs: ageS === null ? null : ageS * 1000,
      fps: times.length > 1 ? (times.length - 1) / (times.at(-1) - times[0]) : 0,
      confidence: this.newest.confidence,
      missed: this.missed,
      channels: this.shown,
    });
  }

  tellFace(nowS) {
    const open = byId("state").dataset.state === "open";
    const stale = open && nowS - this.arrivedS > STALE_S;
    const lost = open && (stale || !this.newest?.valid);
    byId("stage").dataset.face = lost ? "lost" : "found";
    if (!lost) notice("");
    else notice(stale || !this.newest ? "Waiting for frames" : "No face in view");
  }
}

function notice(text) {
  const node = byId("notice");
  node.hidden = text === "";
  if (node.textContent !== text) node.textContent = text;
}

function showEvent(level, text) {
  const item = document.createElement("li");
  item.dataset.level = level;
  item.textContent = text;
  byId("events").append(item);
  if (byId("events").children.length > 4) byId("events").firstElementChild.remove();
  setTimeout(() => item.remove(), EVENT_SHOWN_S * 1000);
}

function calibrate(viewer) {
  const button = byId("calibrate");
  const { subject } = viewer;
  if (!viewer.connection.send({ type: "calibrate", duration_s: CALIBRATION_S, subject })) return;
  const startMs = performance.now();
  const step = () => {
    const done = (performance.now() - startMs) / 1000 / CALIBRATION_S;
    button.style.setProperty("--done", Math.min(done, 1));
    button.textContent = done < 1 ? "Relax, hold still…" : "Calibrate neutral";
    if (done < 1) requestAnimationFrame(step);
    else button.style.setProperty("--done", 0); // the server's own event says when it is taken
  };
  step();
}

function connectTools(viewer) {
  const redraw = () => (viewer.dirty = true);
  const { renderer } = viewer;
  press("mirror", (on) => {
    redraw((renderer.mirrored = on));
    byId("panel").classList.toggle("mirrored", on);
  });
  press("bones", (on) => redraw((renderer.showBones = on)));
  press("turn", (on) => redraw((viewer.followHead = on)));
  byId("reset").addEventListener("click", () => redraw(renderer.camera.reset()));
  byId("calibrate").addEventListener("click", () => calibrate(viewer));
  byId("subject").addEventListener("change", (event) => viewer.choose(Number(event.target.value)));
}

async function main() {
  const json = (response) => response.json();
  const [session, profile, glb] = await Promise.all([
    fetched("session.json", json),
    fetched("rig/profile.json", json),
    fetched("rig/head.glb", (response) => response.arrayBuffer()),
  ]);
  const viewer = new Viewer(session, await loadHead(glb), profile);
  connectTools(viewer);
  connectOrbit(byId("head"), viewer);
  window.geface = viewer; // for the curious, and for the tests
  viewer.start();
  viewer.renderer.setRelief("skin", await fetched("rig/surface.png", bitmap));
  viewer.dirty = true;
}

main().catch((error) => {
  notice(error.message);
  throw error;
});
