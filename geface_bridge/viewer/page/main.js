// The viewer: an ordinary client of geface.v1 that moves the rig's own head in WebGL2.

import { Connection } from "./connection.js";
import { loadHead } from "./glb.js";
import { Guide, LIDS } from "./guide.js";
import { connectMark } from "./mark.js";
import { openMenu } from "./menu.js";
import { bitmap, byId, connectOrbit, fetched, press } from "./page.js";
import { Panel } from "./panel.js";
import { Presence } from "./presence.js";
import { Renderer } from "./renderer.js";
import { Skeleton } from "./skeleton.js";
import { TakeBar } from "./takebar.js";

const EVENT_SHOWN_S = 7;
const STALE_S = 1;
const TURNS = ["head_yaw", "head_pitch", "head_roll"];

class Viewer {
  constructor(session, head, profile) {
    this.profile = profile;
    this.head = head;
    this.renderer = new Renderer(byId("head"), head);
    this.panel = new Panel(session.units, (unit, anchor) => chooseRange(this, unit, anchor));
    this.send = (message) => this.connection.send(message);
    this.guide = new Guide(this.send);
    this.take = new TakeBar(this.send);
    this.subject = 0;
    this.followHead = true;
    this.dirty = true;
    this.forget();
    this.announce({ channels: session.channels, subjects: ["face"] });
    this.connection = new Connection(session.url, session.subprotocol, {
      state: (name, text) => this.state(name, text),
      hello: (hello) => this.hello(hello),
      frame: (frame) => this.frame(frame),
      status: (status) => this.status(status),
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
    if (this.shown?.length !== names.length) this.rest(names.length);
    this.take.announce(hello);
    byId("calibration").hidden = byId("mark").hidden = this.take.active;
    if (this.take.active) byId("mark-form").hidden = true;
    this.panel.announce(hello);
    this.dirty = true;
    this.listSubjects(hello.subjects);
  }

  rest(count) {
    this.presence = new Presence(count);
    this.shown = new Float32Array(count);
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
    this.isOpen = name === "open";
    for (const id of ["calibration", "mark"]) byId(id).disabled = !this.isOpen;
    if (!this.isOpen) {
      this.forget();
      this.guide.close();
      this.panel.clear();
    }
  }

  status(status) {
    showEvent(status.level, status.text);
    this.guide.status(status);
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
    this.take.frame(frame, this.arrivedS);
  }

  tick(nowS) {
    this.guide.tick(nowS);
    this.take.tick(nowS);
    const stale = this.isOpen && nowS - this.arrivedS > STALE_S;
    const moved = this.pose(nowS, stale);
    if (!this.refused) this.tellFace(nowS, stale);
    const resized = this.renderer.resize();
    if (moved || resized || this.dirty) this.draw();
    if (this.isNew) this.measure();
    this.isNew = false;
  }

  /** Set `shown` to what the stream says by now; true if it changed and has to be drawn. */
  pose(nowS, stale) {
    const fits = this.newest?.valid && this.newest.channels.length === this.shown.length;
    const live = fits && (!stale || this.take.active); // a paused take keeps its face
    const wanted = Float32Array.from(this.presence.show(live ? this.newest.channels : null, nowS));
    const moved = wanted.some((value, i) => value !== this.shown[i]);
    this.shown = wanted;
    return moved;
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

  tellFace(nowS, stale) {
    const paused = this.take.active && stale && this.newest !== null;
    const lost = this.isOpen && !paused && this.presence.isGone(nowS);
    byId("stage").dataset.face = lost ? "lost" : "found";
    if (paused) notice("Paused");
    else if (!lost) notice("");
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

/** The menu of an action unit's bar. */
function chooseRange(viewer, unit, anchor) {
  if (!viewer.isOpen || viewer.take.active) return;
  const what = `AU ${unit.number}, ${unit.label}`;
  if (LIDS.includes(unit.name)) {
    openMenu(anchor, `${what}: lids keep their range, or eyes would not close`, []);
    return;
  }
  const item = (text, channels, side) => ({
    text, act: () => viewer.guide.range(viewer.subject, channels, `${what}${side}`),
  });
  const [left, right] = unit.channels;
  const items = [item(right ? "Range of both sides" : "Take its range", unit.channels, "")];
  if (right) items.push(item("Your right", [right], ", right"), item("Your left", [left], ", left"));
  openMenu(anchor, what, items);
}

function connectCalibration(viewer) {
  const { guide, send } = viewer;
  byId("neutral").addEventListener("click", () => guide.neutral(viewer.subject));
  byId("range").addEventListener("click", () => guide.range(viewer.subject));
  byId("clear").addEventListener("click", () => {
    guide.close();
    send({ type: "calibrate", duration_s: 0, subject: viewer.subject, kind: "clear" });
  });
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
  connectCalibration(viewer);
  connectMark(viewer.send);
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
