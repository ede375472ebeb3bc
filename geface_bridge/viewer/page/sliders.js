// Rows of sliders: one for a value, or a linked pair for the two sides of an action unit.

import { element } from "./page.js";

/** A slider with a number that can be typed; double click goes back to `rest`. */
export class Slider {
  /**
   * @param {HTMLElement} parent
   * @param {{label: string, title: string, low: number, high: number, rest: number, step: number,
   *   show: (value: number) => string, read: (text: string) => number, change: (value: number) => void}} options
   */
  constructor(parent, options) {
    this.options = options;
    const { low, high, step, label, title } = options;
    this.range = element("input", "range", parent);
    Object.assign(this.range, { type: "range", min: low, max: high, step, title });
    this.range.setAttribute("aria-label", label);
    this.range.style.setProperty("--rest", (options.rest - low) / (high - low));
    this.number = element("input", "value", parent);
    Object.assign(this.number, { type: "text", inputMode: "decimal", autocomplete: "off" });
    this.number.setAttribute("aria-label", `${label}, number`);
    this.range.addEventListener("input", () => this.choose(this.range.valueAsNumber));
    this.range.addEventListener("dblclick", () => this.choose(options.rest));
    this.number.addEventListener("focus", () => this.number.select());
    this.number.addEventListener("change", () => this.type());
    this.show(options.rest);
  }

  type() {
    const value = this.options.read(this.number.value.replace(",", "."));
    const { low, high } = this.options;
    if (Number.isFinite(value)) this.choose(Math.min(high, Math.max(low, value)));
    this.number.value = this.options.show(this.value);
  }

  choose(value) {
    this.show(value);
    this.options.change(value);
  }

  /** Show a value without telling anybody. */
  show(value) {
    if (value === this.value) return;
    const { low, high, rest, show } = this.options;
    this.value = value;
    this.range.value = value;
    this.range.style.setProperty("--at", (value - low) / (high - low));
    this.range.classList.toggle("moved", Math.abs(value - rest) > 1e-6);
    this.number.value = show(value);
  }
}

const intensity = { low: 0, high: 1, rest: 0, step: 0.01, show: (v) => v.toFixed(2), read: Number };

/** An action unit: one slider, or two that move together while `linked`. */
export class UnitRow {
  /**
   * @param {HTMLElement} parent
   * @param {{number: string, name: string, label: string, muscle: string, channels: string[]}} unit
   * @param {(channels: string[], value: number) => void} change
   * @param {(row: UnitRow) => void} play
   */
  constructor(parent, unit, change, play) {
    this.unit = unit;
    this.text = `${unit.number} ${unit.name} ${unit.label} ${unit.muscle}`.toLowerCase();
    this.sided = unit.channels.length === 2;
    this.node = element("div", "slider-row unit-row", parent);
    this.addLabel(play);
    const sides = element("div", "sides", this.node);
    // The head looks at us: its right is on our left, so it comes first.
    this.sliders = [...unit.channels].reverse().map((channel, k) => {
      const side = element("div", `side ${this.sided ? ["right", "left"][k] : "both"}`, sides);
      const label = `${unit.name} ${unit.label}${this.sided ? [", right", ", left"][k] : ""}`;
      const slider = new Slider(side, {
        ...intensity, label, title: `${channel}: ${unit.label} (${unit.muscle})`,
        change: (value) => this.changed(channel, value, change),
      });
      return { channel, slider };
    });
    if (this.sided) this.addLink();
    this.link(true);
  }

  addLabel(play) {
    const { unit } = this;
    const label = element("span", "name", this.node);
    label.title = `${unit.name} ${unit.label}: ${unit.muscle}`;
    const button = element("button", "play", label, "▸");
    button.title = `Play ${unit.name}: up and down again`;
    button.setAttribute("aria-label", button.title);
    button.addEventListener("click", () => play(this));
    element("b", "", label, unit.name.replace(/^AU0?/, ""));
    label.append(unit.label);
    this.warning = element("span", "warning", label, "!");
    this.warning.hidden = true;
  }

  addLink() {
    this.chain = element("button", "chain", this.node);
    this.chain.title = "Left and right together, or each by itself";
    this.chain.setAttribute("aria-label", `Link the sides of ${this.unit.name}`);
    this.chain.addEventListener("click", () => this.link(!this.linked));
  }

  changed(channel, value, change) {
    change(this.linked ? this.unit.channels : [channel], value);
  }

  /** Whether one slider stands for both sides. */
  link(on) {
    this.linked = on;
    this.node.classList.toggle("apart", this.sided && !on);
    this.chain?.setAttribute("aria-pressed", String(on));
  }

  /** @param {(channel: string) => number} valueOf */
  show(valueOf) {
    const values = this.sliders.map(({ channel }) => valueOf(channel));
    if (this.sided && this.linked && Math.abs(values[0] - values[1]) > 1e-6) this.link(false);
    this.sliders.forEach(({ slider }, k) => slider.show(values[k]));
  }

  /** Mark a unit that another, active one excludes. */
  warn(other) {
    this.warning.hidden = other === undefined;
    this.warning.title = `${this.unit.name} and ${other} exclude each other`;
  }
}
