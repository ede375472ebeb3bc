// A face that sliders make: channels, identity, brow style and whose skin it wears; as JSON and
// as the address' hash. No DOM, no GL.

const DIGITS = 4;
const NEUTRAL = 0.5;
const MOST_PERSON = 2 ** 31 - 1;

const rounded = (value) => Number(value.toFixed(DIGITS));

export class Face {
  /** @param {object} rig what /rig/rig.json says */
  constructor(rig) {
    this.layoutId = rig.layout_id;
    this.styles = rig.brow_styles;
    this.limits = rig.channels;
    this.names = rig.channels.map((channel) => channel.name);
    this.identityNames = rig.identity.flatMap(({ parameters }) => parameters.map((p) => p.name));
    this.exclusions = rig.exclusions;
    this.units = rig.units;
    /** (C,) in the wire's order and units. */
    this.channels = new Float32Array(this.names.length);
    /** (208,) 0..1. */
    this.identity = new Float32Array(this.identityNames.length).fill(NEUTRAL);
    this.leave();
  }

  /** Back to the base face's person; expression stays. */
  leave() {
    this.person = null;
    this.style = null; // null: as painted for the person
    this.born = this.identity.map(() => NEUTRAL);
    this.identity.fill(NEUTRAL);
  }

  /** Become person `number`, whose identity the server knows. */
  become(number, { identity, brow_style: style }) {
    this.person = number;
    this.style = style;
    this.born = Float32Array.from(identity);
    this.identity.set(this.born);
  }

  set(name, value) {
    const at = this.names.indexOf(name);
    const { low, high } = this.limits[at];
    this.channels[at] = Math.min(high, Math.max(low, value));
  }

  get(name) {
    return this.channels[this.names.indexOf(name)];
  }

  relax() {
    this.channels.fill(0);
  }

  /** Put an expression on: channel or, for both sides, unit name → value; the rest is 0. */
  express(values) {
    this.relax();
    for (const [name, value] of Object.entries(values)) {
      const unit = this.units.find((each) => each.name === name);
      for (const channel of unit ? unit.channels : [name]) this.set(channel, value);
    }
  }

  /** Names of the units that are active beside one that they exclude. */
  conflicts() {
    const active = new Set(
      this.units.filter((u) => u.channels.some((name) => this.get(name) > 0.05)).map((u) => u.name),
    );
    return new Map(
      this.exclusions.filter(([a, b]) => active.has(a) && active.has(b))
        .flatMap(([a, b]) => [[a, b], [b, a]]),
    );
  }

  /** What differs from rest, by name: for files and other programs. */
  toJson() {
    const differs = (values, names, rest) => Object.fromEntries(
      [...values].map((v, i) => [names[i], rounded(v)]).filter(([, v]) => v !== rest),
    );
    return {
      format: "geface-face",
      format_version: 1,
      layout_id: this.layoutId,
      channels: differs(this.channels, this.names, 0),
      identity: differs(this.identity, this.identityNames, NEUTRAL),
      brow_style: this.style === null ? null : this.styles[this.style],
      person: this.person,
    };
  }

  /** Become what `toJson` wrote. Throws an Error that names the first thing that is wrong. */
  fromJson(raw) {
    if (raw?.format !== "geface-face" || raw.format_version !== 1) {
      throw new Error("this is no face of this page (format geface-face, version 1)");
    }
    if (raw.layout_id !== this.layoutId) {
      throw new Error(`the face has layout ${raw.layout_id}, this rig has ${this.layoutId}`);
    }
    const channels = checked(raw.channels ?? {}, this.names, "channel");
    const identity = checked(raw.identity ?? {}, this.identityNames, "identity parameter");
    const style = raw.brow_style === null ? null : this.styles.indexOf(raw.brow_style);
    if (style === -1) throw new Error(`${raw.brow_style} is no brow style`);
    this.leave();
    this.relax();
    for (const [name, value] of channels) this.set(name, value);
    this.take(identity);
    this.style = style;
    this.person = isPerson(raw.person) ? raw.person : null;
  }

  take(identity) {
    for (const [name, value] of identity) {
      this.identity[this.identityNames.indexOf(name)] = Math.min(1, Math.max(0, value));
    }
  }

  /** The hash of a link to this face: only what differs from rest and from the person. */
  toHash() {
    const out = new URLSearchParams();
    if (this.person !== null) out.set("person", this.person);
    if (this.style !== null) out.set("brow", this.styles[this.style]);
    this.channels.forEach((v, i) => v !== 0 && out.set(this.names[i], rounded(v)));
    this.identity.forEach((v, i) => {
      if (Math.abs(v - this.born[i]) > 1e-6) out.set(this.identityNames[i], rounded(v));
    });
    return out.toString();
  }

  /** Who a hash is about: the person's number or null. */
  static personOf(hash) {
    const number = Number(new URLSearchParams(hash).get("person") ?? NaN);
    return isPerson(number) ? number : null;
  }

  /** Take what a hash says, its person apart; names that mean nothing here are left out. */
  fromHash(hash) {
    const values = new URLSearchParams(hash);
    this.relax();
    for (const [name, text] of values) {
      const value = Number(text);
      if (!Number.isFinite(value)) continue;
      if (this.names.includes(name)) this.set(name, value);
      if (this.identityNames.includes(name)) this.take([[name, value]]);
    }
    const style = this.styles.indexOf(values.get("brow"));
    if (style >= 0) this.style = style;
  }
}

const isPerson = (value) => Number.isInteger(value) && value >= 0 && value <= MOST_PERSON;

function checked(values, names, what) {
  return Object.entries(values).map(([name, value]) => {
    if (!names.includes(name)) throw new Error(`${name} is no ${what} of this rig`);
    if (!Number.isFinite(value)) throw new Error(`${name} is ${value}, expected a number`);
    return [name, value];
  });
}
