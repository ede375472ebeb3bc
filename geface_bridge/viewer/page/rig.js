// The rig's own page: a slider for everything the head does, and no stream.

import { Face } from "./face.js";
import { loadHead } from "./glb.js";
import { connectPanels, Expression, Identity } from "./rig_panel.js";
import { bitmap, byId, connectOrbit, fetched, press } from "./page.js";
import { Renderer } from "./renderer.js";
import { Skeleton } from "./skeleton.js";

const GLIDE_S = 0.07; // time constant of a face that changes at a click
const PLAY_S = 1.5;
const PAINT_AFTER_MS = 160;
const NOTICE_MS = 4000;
const CREASED = ["skin", "surface"];
const PAINTED = ["eyes", "hair", "lashes", "mouth", "teeth", "tongue"];
const STILL = matchMedia("(prefers-reduced-motion: reduce)").matches;

class Studio {
  constructor(rig, head, profile) {
    this.rig = rig;
    this.face = new Face(rig);
    this.renderer = new Renderer(byId("head"), head);
    this.skeleton = new Skeleton(head, profile, this.face.names, rig.offsets);
    this.shown = { channels: this.face.channels.slice(), identity: this.face.identity.slice() };
    this.dirty = true;
    this.gliding = false;
    this.playing = null;
    this.neutral = false;
    this.painted = null; // the queries that the pictures shown, or on their way, answer
    this.look = null;
    this.about = "";
    this.dressed = true;
    this.expression = new Expression(this);
    this.identity = new Identity(this);
    connectPanels({ expression: this.expression, identity: this.identity });
  }

  start() {
    const tick = (nowMs) => {
      this.tick(nowMs / 1000);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /** The face has changed; `glide` there rather than jump. */
  changed(glide = false) {
    this.gliding = glide && !STILL;
    this.dirty = true;
    this.expression.show();
    this.identity.show();
    this.remember();
    clearTimeout(this.paintTimer);
    this.paintTimer = setTimeout(() => this.paint().catch((error) => tell(error.message)), PAINT_AFTER_MS);
  }

  tick(nowS) {
    const elapsedS = nowS - (this.tickedS ?? nowS);
    this.tickedS = nowS;
    const resized = this.renderer.resize();
    if (!(this.dirty || resized || this.playing)) return;
    this.dirty = false;
    const keep = this.gliding ? Math.exp(-elapsedS / GLIDE_S) : 0;
    const target = this.target(elapsedS);
    const left = Math.max(
      approach(this.shown.channels, target, this.playing ? 0 : keep),
      approach(this.shown.identity, this.face.identity, keep),
    );
    if (left > 0) this.dirty = true;
    this.skeleton.evaluate(this.shown.channels, this.shown.identity);
    this.renderer.draw(this.skeleton);
  }

  /** (C,) the channels to show: the face's, without expression, or with one that plays. */
  target(elapsedS) {
    if (this.neutral) return new Float32Array(this.face.channels.length);
    if (!this.playing) return this.face.channels;
    this.playing.atS += Math.min(0.1, elapsedS); // a slow machine shows the whole of it
    const share = this.playing.atS / PLAY_S;
    if (share >= 1) {
      this.playing = null;
      this.dirty = true;
      return this.face.channels;
    }
    const out = this.face.channels.slice();
    const value = 0.5 - 0.5 * Math.cos(2 * Math.PI * share);
    for (const name of this.playing.channels) out[this.face.names.indexOf(name)] = value;
    return out;
  }

  play(channels) {
    this.playing = { channels, atS: 0 };
  }

  /** Show the face without its expression while `on`. */
  compare(on) {
    this.neutral = on;
    this.gliding = !STILL;
    this.dirty = true;
  }

  async become(number) {
    const person = await fetched(`rig/person.json?person=${number}`, (response) => response.json());
    this.face.become(number, person);
    this.about = `person ${number}, ${person.age_years} years`;
    this.changed(true);
  }

  leave() {
    this.face.leave();
    this.changed(true);
  }

  /** Become a face that `face.toJson` wrote. */
  async load(json) {
    this.face.fromJson(json);
    const { person, style, identity } = this.face;
    if (person !== null) {
      const wanted = identity.slice();
      await this.become(person);
      this.face.identity.set(wanted);
      this.face.style = style;
    }
    this.changed(true);
  }

  /** Have painted and fetched what the person, brow style and expression ask for. */
  async paint() {
    const look = this.lookQuery(), query = `${look}&${this.expressionQuery()}`;
    const jobs = [];
    if (query !== this.painted) jobs.push(...CREASED.map((name) => this.paintPart(name, query, "painted")));
    this.painted = query;
    if (look !== this.look) jobs.push(...PAINTED.map((name) => this.paintPart(name, look, "look")));
    if (look !== this.look) jobs.push(this.dress(look));
    this.look = look;
    await Promise.all(jobs);
  }

  /** Fetch a picture and show it, unless `this[wanted]` is for another by then. */
  async paintPart(name, query, wanted) {
    const picture = await fetched(`rig/${name}.png?${query}`, bitmap);
    if (query !== this[wanted]) return;
    if (name === "surface") this.renderer.setRelief("skin", picture);
    else this.renderer.setImage(name, picture);
    this.dirty = true;
  }

  /** Put on what the person wears, or take it off. */
  async dress(look = this.look) {
    const { joints, props, hidden } = this.dressed
      ? await fetched(`rig/props.json?${look}`, (response) => response.json())
      : { joints: [], props: [], hidden: ["hair"] };
    const ours = joints.map((name) => this.skeleton.joints.findIndex((joint) => joint.name === name));
    const primitives = await Promise.all(props.map((prop) => propPrimitive(prop, ours)));
    if (look !== this.look) return;
    this.renderer.setProps(primitives, hidden);
    this.dirty = true;
  }

  lookQuery() {
    const { person, style } = this.face;
    const query = new URLSearchParams();
    if (person !== null) query.set("person", person);
    if (style !== null) query.set("brow", style);
    return query.toString();
  }

  expressionQuery() {
    const query = new URLSearchParams();
    for (const name of this.rig.units.flatMap(({ channels }) => channels)) {
      const value = Math.round(this.face.get(name) * 50) / 50;
      if (value > 0) query.set(name, value);
    }
    return query.toString();
  }

  /** Keep the address in step, so that a reload, or a link, shows this face. */
  remember() {
    clearTimeout(this.hashTimer);
    this.hashTimer = setTimeout(() => history.replaceState(null, "", `#${this.face.toHash()}`), 200);
    byId("about").textContent = this.face.person === null ? "the base face" : this.about;
  }

  /** Become the face of the address. */
  async recall() {
    const hash = location.hash.slice(1);
    const person = Face.personOf(hash);
    this.face.leave();
    if (person !== null) await this.become(person);
    this.face.fromHash(hash);
    this.changed(true);
  }
}

/** Move `values` towards `target`, keeping this share of the way; returns the largest rest. */
function approach(values, target, keep) {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const rest = (values[i] - target[i]) * keep;
    values[i] = Math.abs(rest) < 1e-4 ? target[i] : target[i] + rest;
    largest = Math.max(largest, Math.abs(values[i] - target[i]));
  }
  return largest;
}

/** A prop of /rig/props.json as `glb.js` has primitives; `joints` says which of ours each is. */
async function propPrimitive({ name, label, alpha, picture, arrays }, joints) {
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
  return {
    name, label,
    positions: new Float32Array(bytes(arrays.positions)),
    normals: new Float32Array(bytes(arrays.normals)),
    uvs: new Float32Array(bytes(arrays.uvs)),
    joints: new Uint16Array(bytes(arrays.joints)).map((joint) => joints[joint]),
    weights: new Float32Array(bytes(arrays.weights)),
    triangles: new Uint32Array(bytes(arrays.triangles)),
    color: [1, 1, 1, 1], roughness: 0.6, doubleSided: true,
    alphaMode: { opaque: "OPAQUE", cutout: "MASK", blend: "BLEND" }[alpha], alphaCutoff: 0.5,
    image: await bitmap(new Response(bytes(picture))),
  };
}

function tell(text, kind = "bad") {
  const node = byId("notice");
  node.hidden = false;
  node.dataset.kind = kind;
  node.textContent = text;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => (node.hidden = true), NOTICE_MS);
}

function connectTools(studio) {
  const { renderer } = studio;
  const redraw = () => (studio.dirty = true);
  press("mirror", (on) => redraw((renderer.mirrored = on)));
  press("bones", (on) => redraw((renderer.showBones = on)));
  press("plain", (on) => redraw((renderer.clay = on)));
  press("dressed", (on) => {
    studio.dressed = on;
    studio.dress().catch((error) => tell(error.message));
  });
  for (const button of document.querySelectorAll("[data-yaw]")) {
    button.addEventListener("click", () => {
      renderer.camera.reset();
      redraw(renderer.camera.turn(Number(button.dataset.yaw), 0));
    });
  }
  const compare = byId("compare");
  compare.addEventListener("pointerdown", () => studio.compare(true));
  for (const end of ["pointerup", "pointerleave", "pointercancel"]) {
    compare.addEventListener(end, () => studio.neutral && studio.compare(false));
  }
}

function connectExchange(studio) {
  const { face } = studio;
  const copy = (text, what) => navigator.clipboard.writeText(text).then(
    () => tell(`${what} copied`, "good"),
    () => tell("the browser does not let this page use the clipboard"),
  );
  byId("copy-json").addEventListener("click", () => copy(JSON.stringify(face.toJson(), null, 1), "JSON"));
  byId("copy-link").addEventListener("click", () => {
    copy(`${location.origin}${location.pathname}#${face.toHash()}`, "Link");
  });
  byId("paste-json").addEventListener("click", async () => {
    try {
      await studio.load(JSON.parse(await navigator.clipboard.readText()));
    } catch (error) {
      tell(error instanceof SyntaxError ? "the clipboard holds no JSON" : error.message);
    }
  });
}

function connectKeys(studio) {
  const typing = () => document.activeElement.matches("input:not([type=range]), select");
  const keys = {
    n: () => studio.compare(true),
    e: () => byId("random-expression").click(),
    p: () => byId("random-person").click(),
    0: () => byId("relax").click(),
    "/": () => byId("search").focus(),
  };
  addEventListener("keydown", (event) => {
    if (typing() || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    if (!event.repeat) keys[event.key]();
  });
  addEventListener("keyup", (event) => event.key === "n" && studio.neutral && studio.compare(false));
}

async function main() {
  const json = (response) => response.json();
  const [rig, profile, glb] = await Promise.all([
    fetched("rig/rig.json", json),
    fetched("rig/profile.json", json),
    fetched("rig/head.glb", (response) => response.arrayBuffer()),
  ]);
  const studio = new Studio(rig, await loadHead(glb), profile);
  connectTools(studio);
  connectExchange(studio);
  connectKeys(studio);
  connectOrbit(byId("head"), studio);
  addEventListener("hashchange", () => studio.recall().catch((error) => tell(error.message)));
  studio.start();
  await studio.recall();
  window.geface = studio; // for the curious, and for the tests
}

main().catch((error) => {
  tell(error.message);
  throw error;
});
