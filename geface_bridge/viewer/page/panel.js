// The numbers beside the head: action units, gaze, head angles, latency, rate.

import { byId, element } from "./page.js";

const REGIONS = [
  ["1", "2", "4"], ["5", "6", "7", "43"], ["9", "10"],
  ["12", "14", "15", "20", "34"], ["16", "17", "18", "22", "23", "24", "25", "28"],
  ["26", "29", "30L", "30R", "19"],
];
const DEGREES = 180 / Math.PI;
const TRACE_LENGTH = 140;
const TEXT_EVERY_MS = 120; // numbers that change faster cannot be read

export class Panel {
  /**
   * @param {{number: string, name: string, label: string, channels: string[]}[]} units
   * @param choose called with a unit whose name was clicked, and the element
   */
  constructor(units, choose) {
    this.units = units;
    this.choose = choose;
    this.trace = new Trace(byId("trace"));
    this.textAt = 0;
    this.bars = [];
    this.needles = [];
  }

  /** Build the rows for the channels a server announces. */
  announce(hello) {
    const index = new Map(hello.channels.map((channel, i) => [channel.name, i]));
    const range = (name) => hello.channels[index.get(name)];
    this.bars = [];
    byId("units").replaceChildren(byId("units").firstElementChild);
    for (const region of REGIONS) this.addRegion(region, index);
    this.gaze = ["gaze_yaw", "gaze_pitch"].map((name) => ({ at: index.get(name), ...range(name) }));
    byId("pose").replaceChildren();
    this.needles = ["yaw", "pitch", "roll"].map((name) => needle(name, index.get(`head_${name}`)));
  }

  addRegion(numbers, index) {
    const units = numbers.map((number) => this.units.find((unit) => unit.number === number));
    units.filter(Boolean).forEach((unit, i) => {
      const row = element("div", i === 0 ? "unit group" : "unit", byId("units"));
      const label = element("button", "name", row);
      element("b", "", label, unit.name.replace(/^AU0?/, ""));
      label.append(unit.label);
      label.title = `${unit.name} ${unit.label} (${unit.muscle}): click for its range`;
      label.addEventListener("click", () => this.choose(unit, label));
      const sides = unit.channels.length === 2 ? ["right", "left"] : ["both"];
      const channels = [...unit.channels].reverse(); // the layout has left before right
      sides.forEach((side, k) => {
        const fill = element("i", "", element("div", `bar ${side}`, row));
        this.bars.push({ fill, at: index.get(channels[k]), shown: -1 });
      });
    });
  }

  /** Show (C,) channels. */
  show(channels) {
    for (const bar of this.bars) {
      const value = Math.round(Math.max(0, Math.min(1, channels[bar.at])) * 250) / 250;
      if (value === bar.shown) continue;
      bar.shown = value;
      bar.fill.style.transform = `scaleX(${value})`;
    }
    // The head looks at us: what is its left is on our right.
    const [x, y] = this.gaze.map(({ at, high }) => Math.max(-1, Math.min(1, channels[at] / high)));
    byId("gaze").firstElementChild.style.transform = `translate(${x * 34}px, ${y * 34}px)`;
    for (const { at, mark } of this.needles) {
      const share = Math.max(-50, Math.min(50, (channels[at] * DEGREES * 50) / 60));
      mark.style.transform = `translateX(${share}%)`;
    }
  }

  /** Show how the stream does; numbers are updated a few times a second. */
  measure({ latencyMs, fps, confidence, missed, channels }) {
    if (latencyMs !== null) this.trace.add(latencyMs);
    const now = performance.now();
    if (now - this.textAt < TEXT_EVERY_MS) return;
    this.textAt = now;
    this.trace.draw();
    byId("latency").textContent = this.trace.empty ? "–" : this.trace.mean().toFixed(0);
    byId("fps").textContent = fps.toFixed(1);
    byId("confidence").textContent = confidence.toFixed(2);
    byId("missed").textContent = String(missed);
    for (const { at, text } of this.needles) {
      text.textContent = `${(channels[at] * DEGREES).toFixed(1)}°`;
    }
  }

  /** No numbers while there is no stream. */
  clear() {
    for (const id of ["latency", "fps", "confidence", "missed"]) byId(id).textContent = "–";
    for (const { text } of this.needles) text.textContent = "–";
    this.trace.clear();
  }
}

function needle(name, at) {
  const row = element("div", "", byId("pose"));
  element("dt", "", row, name);
  const mark = element("i", "", element("div", "needle", row));
  return { at, mark, text: element("dd", "", row, "–") };
}

/** The last few seconds of latency as a line. */
class Trace {
  constructor(canvas) {
    this.canvas = canvas;
    this.values = [];
  }

  get empty() {
    return this.values.length === 0;
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > TRACE_LENGTH) this.values.shift();
  }

  mean() {
    const recent = this.values.slice(-15);
    return recent.reduce((sum, value) => sum + value, 0) / recent.length;
  }

  clear() {
    this.values = [];
    this.draw();
  }

  draw() {
    const { width, height } = this.canvas;
    const pen = this.canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    const top = Math.max(60, ...this.values) * 1.1;
    pen.beginPath();
    this.values.forEach((value, i) => {
      pen.lineTo((i / (TRACE_LENGTH - 1)) * width, height - (value / top) * (height - 4) - 2);
    });
    pen.strokeStyle = "#5cd0ff";
    pen.lineWidth = 1.5;
    pen.stroke();
  }
}
