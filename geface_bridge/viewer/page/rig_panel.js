// The two panels of the rig's page: what the face does, and whose face it is.

import { byId, element, press } from "./page.js";
import { Slider, UnitRow } from "./sliders.js";

const DEGREES = 180 / Math.PI;
const REGIONS = {
  Brows: ["1", "2", "4"],
  "Lids and cheeks": ["5", "6", "7", "43", "34"],
  "Nose and upper lip": ["9", "10"],
  "Corners of the mouth": ["12", "14", "15", "20"],
  Lips: ["16", "17", "18", "22", "23", "24", "25", "28"],
  "Jaw and tongue": ["26", "29", "30L", "30R", "19"],
};
// Whole expressions as FACS describes them (Ekman and Friesen's prototypes), and a few gestures.
const PRESETS = {
  Smile: { AU06: 0.6, AU12: 0.8 },
  Laugh: { AU06: 0.9, AU07: 0.3, AU12: 1, AU25: 0.7, AU26: 0.6 },
  Surprise: { AU01: 1, AU02: 1, AU05: 0.8, AU25: 0.5, AU26: 0.7 },
  Anger: { AU04: 1, AU05: 0.5, AU07: 0.6, AU24: 0.8 },
  Disgust: { AU04: 0.5, AU07: 0.5, AU09: 0.9, AU10: 0.8 },
  Sadness: { AU01: 1, AU04: 0.6, AU15: 0.8, AU17: 0.5 },
  Fear: { AU01: 1, AU02: 0.6, AU04: 0.7, AU05: 1, AU20: 0.8, AU25: 0.6 },
  Contempt: { AU12_R: 0.4, AU14_R: 0.8 },
  Wink: { AU43_L: 1, AU06_L: 0.6, AU12_L: 0.5, AU12_R: 0.2 },
  Kiss: { AU18: 0.9, AU22: 0.4 },
  Sleep: { AU43: 1 },
};
const DOF_LABELS = {
  tx: "outwards", ty: "up", tz: "forward", rx: "tilt", ry: "turn", rz: "roll",
  sx: "width", sy: "height", sz: "depth",
};
const DOF_DOCS = {
  tx: "away from the middle", ty: "up", tz: "forward", rx: "top forward, about the axis to the left",
  ry: "about the upright axis", rz: "about the axis to the front", sx: "wider", sy: "taller", sz: "deeper",
};
const PARTS = {
  Brows: ["brow_inner", "brow_outer"],
  Eyes: ["eye", "lid_upper", "lid_lower", "eye_corner_inner", "eye_corner_outer"],
  Nose: ["nose_root", "nose_bridge", "nose_tip", "nose_wing"],
  Mouth: ["mouth", "mouth_corner", "lip_upper", "lip_upper_side", "lip_lower", "lip_lower_side"],
  "Jaw and chin": ["jaw", "jaw_angle", "chin"],
  "Cheeks and forehead": ["cheekbone", "cheek", "forehead", "temple"],
  Head: ["head", "cranium", "ear", "neck"],
};

const words = (name) => name.replaceAll("_", " ");

/** Groups of a table as [title, members]; what the table does not know comes last. */
function grouped(table, members, keyOf) {
  const known = new Set(Object.values(table).flat());
  const groups = Object.entries(table).map(([title, keys]) => [
    title, keys.map((key) => members.find((each) => keyOf(each) === key)).filter(Boolean),
  ]);
  groups.push(["Other", members.filter((each) => !known.has(keyOf(each)))]);
  return groups.filter(([, found]) => found.length);
}

export class Expression {
  /** @param {object} studio with `face`, `rig`, `changed`, `play` */
  constructor(studio) {
    this.studio = studio;
    this.regions = grouped(REGIONS, studio.rig.units, (unit) => unit.number).map(
      ([title, units]) => this.addRegion(title, units),
    );
    this.rows = this.regions.flatMap((region) => region.rows);
    this.addGaze();
    this.addTurn();
    this.addPresets();
    press("link", (on) => this.rows.forEach((row) => row.link(on)));
    byId("relax").addEventListener("click", () => this.apply({}));
    byId("random-expression").addEventListener("click", () => this.apply(this.random()));
  }

  addRegion(title, units) {
    const node = element("div", "region", byId("units"));
    element("h2", "", node, title);
    const change = (channels, value) => {
      for (const channel of channels) this.studio.face.set(channel, value);
      this.studio.changed();
    };
    const play = (row) => this.studio.play(row.unit.channels);
    return { node, rows: units.map((unit) => new UnitRow(node, unit, change, play)) };
  }

  addTurn() {
    const node = element("div", "region", byId("units"));
    element("h2", "", node, "Head");
    const names = { head_yaw: "yaw, to its left", head_pitch: "pitch, down", head_roll: "roll, to its right" };
    const rows = Object.entries(names).map(([name, label]) => this.addAngle(node, name, label, 60));
    this.regions.push({ node, rows });
    this.rows.push(...rows);
  }

  addGaze() {
    const node = element("div", "region", byId("units"));
    element("h2", "", node, "Gaze");
    const block = element("div", "gaze-block", node);
    this.pad = new Pad(block, this.studio);
    const list = element("div", "", block);
    const rows = ["gaze_yaw", "gaze_pitch"].map((name) => {
      const { high } = this.studio.face.limits[this.studio.face.names.indexOf(name)];
      return this.addAngle(list, name, name.slice(5), high * DEGREES);
    });
    this.regions.push({ node, rows });
    this.rows.push(...rows);
  }

  addAngle(parent, name, label, mostDegrees) {
    const row = element("div", "slider-row value-row", parent);
    element("span", "name", row, label);
    const side = element("div", "side both", row);
    const slider = new Slider(side, {
      low: -mostDegrees, high: mostDegrees, rest: 0, step: 0.1, label: words(name), title: `${name}, degrees`,
      show: (value) => `${value.toFixed(1)}°`, read: (text) => Number(text.replace("°", "")),
      change: (value) => {
        this.studio.face.set(name, value / DEGREES);
        this.studio.changed();
      },
    });
    return {
      node: row, text: `${words(name)} ${label}`, link: () => {}, warn: () => {},
      show: (valueOf) => slider.show(valueOf(name) * DEGREES),
    };
  }

  addPresets() {
    for (const [name, values] of Object.entries(PRESETS)) {
      const button = element("button", "", byId("presets"), name);
      button.title = Object.entries(values).map(([unit, value]) => `${unit} ${value}`).join(", ");
      button.addEventListener("click", () => this.apply(values));
    }
  }

  apply(values) {
    this.studio.face.express(values);
    for (const row of this.rows) row.link(true); // rows whose sides differ come apart again
    this.studio.changed(true);
  }

  /** A few units that do not exclude each other, most of them the same on both sides. */
  random() {
    const { units, exclusions } = this.studio.rig;
    const out = {};
    const barred = new Set();
    const order = units.map((unit) => [Math.random(), unit]).sort(([a], [b]) => a - b);
    for (const [, unit] of order.slice(0, 3 + Math.floor(Math.random() * 4))) {
      if (barred.has(unit.name)) continue;
      const value = 0.2 + 0.8 * Math.random();
      for (const name of unit.channels) {
        out[name] = Math.random() < 0.15 ? value * Math.random() : value;
      }
      exclusions.filter((pair) => pair.includes(unit.name)).flat().forEach((name) => barred.add(name));
    }
    return out;
  }

  show() {
    const { face } = this.studio;
    const conflicts = face.conflicts();
    for (const row of this.rows) {
      row.show((name) => face.get(name));
      if (row.unit) row.warn(conflicts.get(row.unit.name));
    }
    this.pad.show();
  }

  /** Hide what does not match; returns how many rows are left. */
  search(text) {
    let found = 0;
    for (const { node, rows } of this.regions) {
      const matching = rows.filter((row) => matches(row.text, text));
      for (const row of rows) row.node.hidden = !matching.includes(row);
      node.hidden = matching.length === 0;
      found += matching.length;
    }
    return found;
  }
}

/** Gaze as a point to drag; the head looks at us, so its left is on our right. */
class Pad {
  constructor(parent, studio) {
    this.studio = studio;
    this.node = element("div", "pad", parent);
    this.node.title = "Drag to look; double click to look straight ahead";
    this.dot = element("i", "", this.node);
    const limit = (name) => studio.face.limits[studio.face.names.indexOf(name)].high;
    this.most = [limit("gaze_yaw"), limit("gaze_pitch")];
    this.node.addEventListener("pointerdown", (event) => {
      this.node.setPointerCapture(event.pointerId);
      this.look(event);
    });
    this.node.addEventListener("pointermove", (event) => {
      if (this.node.hasPointerCapture(event.pointerId)) this.look(event);
    });
    this.node.addEventListener("dblclick", () => this.set(0, 0));
  }

  look(event) {
    const box = this.node.getBoundingClientRect();
    const x = (2 * (event.clientX - box.left)) / box.width - 1;
    const y = (2 * (event.clientY - box.top)) / box.height - 1;
    this.set(x * this.most[0], y * this.most[1]);
  }

  set(yaw, pitch) {
    this.studio.face.set("gaze_yaw", yaw);
    this.studio.face.set("gaze_pitch", pitch);
    this.studio.changed();
  }

  show() {
    const { face } = this.studio;
    const share = (name, most) => 50 + (50 * face.get(name)) / most;
    this.dot.style.left = `${share("gaze_yaw", this.most[0])}%`;
    this.dot.style.top = `${share("gaze_pitch", this.most[1])}%`;
  }
}

export class Identity {
  /** @param {object} studio with `face`, `rig`, `changed`, `become`, `leave` */
  constructor(studio) {
    this.studio = studio;
    this.components = [];
    for (const [title, found] of grouped(PARTS, studio.rig.identity, (each) => each.name)) {
      const heading = element("p", "region-name", byId("components"), title);
      const members = found.map((component) => this.addComponent(component));
      this.components.push({ heading, members });
    }
    this.members = this.components.flatMap(({ members }) => members);
    this.addBrows();
    byId("random-person").addEventListener("click", () => this.visit(Math.floor(Math.random() * 1e6)));
    byId("leave").addEventListener("click", () => studio.leave());
    byId("person").addEventListener("change", (event) => this.visit(event.target.valueAsNumber));
  }

  visit(number) {
    if (!Number.isInteger(number) || number < 0) return;
    this.studio.become(number).catch((error) => {
      byId("notice").hidden = false;
      byId("notice").textContent = error.message;
    });
  }

  addBrows() {
    const select = byId("brow");
    select.append(new Option("as the person has them", ""));
    this.studio.rig.brow_styles.forEach((name, i) => select.append(new Option(words(name), String(i))));
    select.addEventListener("change", () => {
      this.studio.face.style = select.value === "" ? null : Number(select.value);
      this.studio.changed();
    });
  }

  addComponent(component) {
    const node = element("details", "component", byId("components"));
    const summary = element("summary", "", node);
    element("span", "", summary, words(component.name));
    element("small", "", summary, component.doc);
    summary.title = component.doc;
    const count = element("i", "", summary);
    const reset = element("button", "", summary, "reset");
    const list = element("div", "", node);
    const rows = component.parameters.map((parameter) => this.addParameter(list, component, parameter));
    reset.addEventListener("click", (event) => {
      event.preventDefault();
      for (const row of rows) this.set(row.at, 0.5);
      this.studio.changed(true);
    });
    const text = `${words(component.name)} ${component.doc}`.toLowerCase();
    return { node, rows, count, text };
  }

  addParameter(parent, component, { name, dof, unit, extent }) {
    const at = this.studio.face.identityNames.indexOf(name);
    const row = element("div", "slider-row identity-row", parent);
    const sideways = dof === "tx" && !component.paired ? "to its left" : DOF_LABELS[dof];
    const most = amount(unit, extent, 1);
    row.title = `${name}: ${component.doc}, ${DOF_DOCS[dof]}; 0 and 1 are ${amount(unit, extent, -1)} and ${most}`;
    element("span", "name", row, sideways);
    const slider = new Slider(row, {
      low: 0, high: 1, rest: 0.5, step: 0.005, label: `${words(component.name)} ${sideways}`, title: row.title,
      show: (value) => amount(unit, extent, 2 * value - 1),
      read: (text) => share(unit, extent, text),
      change: (value) => {
        this.set(at, value);
        this.studio.changed();
      },
    });
    slider.number.style.width = "70px";
    return { node: row, slider, at, text: `${name} ${sideways}`.toLowerCase() };
  }

  set(at, value) {
    this.studio.face.identity[at] = value;
  }

  show() {
    const { face } = this.studio;
    for (const { node, rows, count } of this.members) {
      for (const { slider, at } of rows) slider.show(face.identity[at]);
      const moved = rows.filter(({ at }) => Math.abs(face.identity[at] - 0.5) > 1e-6).length;
      count.textContent = moved ? String(moved) : "";
      node.classList.toggle("moved", moved > 0);
    }
    byId("brow").value = face.style === null ? "" : String(face.style);
    byId("person").value = face.person ?? "";
  }

  /** Hide what does not match, and open what does; returns how many rows are left. */
  search(text) {
    let found = 0;
    for (const { heading, members } of this.components) {
      let inGroup = 0;
      for (const member of members) {
        const whole = matches(member.text, text);
        const rows = member.rows.filter((row) => whole || matches(row.text, text));
        for (const row of member.rows) row.node.hidden = !rows.includes(row);
        member.node.hidden = rows.length === 0;
        if (text !== "") member.node.open = rows.length > 0;
        inGroup += rows.length;
      }
      heading.hidden = inGroup === 0;
      found += inGroup;
    }
    return found;
  }
}

/** Tabs and the search box, which search both panels and turn to the one that has something. */
export function connectPanels(panels) {
  const names = Object.keys(panels);
  const select = (chosen) => {
    for (const name of names) {
      byId(`tab-${name}`).setAttribute("aria-selected", String(name === chosen));
      byId(name).hidden = name !== chosen;
    }
  };
  const current = () => names.find((name) => byId(`tab-${name}`).getAttribute("aria-selected") === "true");
  for (const name of names) byId(`tab-${name}`).addEventListener("click", () => select(name));
  byId("search").addEventListener("input", ({ target }) => {
    const text = target.value.trim().toLowerCase();
    const found = Object.fromEntries(names.map((name) => [name, panels[name].search(text)]));
    const other = names.find((name) => found[name] > 0);
    if (text !== "" && found[current()] === 0 && other) select(other);
    byId("nothing").hidden = other !== undefined;
  });
}

const matches = (text, wanted) => wanted.split(/\s+/).every((word) => text.includes(word));

/** An identity offset in its own unit, at `share` -1..1 of its extent. */
function amount(unit, extent, share) {
  if (unit === "scale") return `×${(1 + extent * share).toFixed(2)}`;
  const value = unit === "m" ? 1000 * extent * share : DEGREES * extent * share;
  return `${value > 0 ? "+" : ""}${value.toFixed(1)}${unit === "m" ? " mm" : "°"}`;
}

/** The parameter 0..1 of a typed amount; NaN if it is none. */
function share(unit, extent, text) {
  const number = Number(text.replace(/[×x°]|mm/g, "").trim());
  if (unit === "scale") return 0.5 + (number - 1) / extent / 2;
  return 0.5 + number / (unit === "m" ? 1000 : DEGREES) / extent / 2;
}
