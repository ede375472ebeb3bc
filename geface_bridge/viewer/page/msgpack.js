// msgpack (github.com/msgpack/msgpack/blob/master/spec.md): all that geface.v1 needs, no more.
// Extension types are refused, as the protocol has none.

const TEXT_IN = new TextDecoder("utf-8", { fatal: true });
const TEXT_OUT = new TextEncoder();

/** @param {ArrayBuffer} buffer one whole message @returns {any} maps as objects, bin as Uint8Array */
export function decode(buffer) {
  const reader = new Reader(buffer);
  const value = reader.value();
  if (reader.at !== buffer.byteLength) throw new Error("bytes after the end of a message");
  return value;
}

class Reader {
  constructor(buffer) {
    this.buffer = buffer;
    this.view = new DataView(buffer);
    this.at = 0;
  }

  take(size) {
    const start = this.at;
    if (start + size > this.buffer.byteLength) throw new Error("message is cut short");
    this.at += size;
    return start;
  }

  unsigned(size) {
    const at = this.take(size);
    if (size === 1) return this.view.getUint8(at);
    if (size === 2) return this.view.getUint16(at);
    if (size === 4) return this.view.getUint32(at);
    return Number(this.view.getBigUint64(at));
  }

  signed(size) {
    const at = this.take(size);
    if (size === 1) return this.view.getInt8(at);
    if (size === 2) return this.view.getInt16(at);
    if (size === 4) return this.view.getInt32(at);
    return Number(this.view.getBigInt64(at));
  }

  text(size) {
    return TEXT_IN.decode(new Uint8Array(this.buffer, this.take(size), size));
  }

  bytes(size) {
    const at = this.take(size);
    return new Uint8Array(this.buffer.slice(at, at + size));
  }

  array(size) {
    const items = [];
    for (let i = 0; i < size; i++) items.push(this.value());
    return items;
  }

  map(size) {
    const entries = [];
    for (let i = 0; i < size; i++) entries.push([this.value(), this.value()]);
    return Object.fromEntries(entries);
  }

  value() {
    const tag = this.unsigned(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.map(tag & 0x0f);
    if (tag < 0xa0) return this.array(tag & 0x0f);
    if (tag < 0xc0) return this.text(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    return this.tagged(tag);
  }

  tagged(tag) {
    if (tag >= 0xcc && tag <= 0xcf) return this.unsigned(1 << (tag - 0xcc));
    if (tag >= 0xd0 && tag <= 0xd3) return this.signed(1 << (tag - 0xd0));
    switch (tag) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: case 0xc5: case 0xc6: return this.bytes(this.unsigned(1 << (tag - 0xc4)));
      case 0xca: return this.view.getFloat32(this.take(4));
      case 0xcb: return this.view.getFloat64(this.take(8));
      case 0xd9: case 0xda: case 0xdb: return this.text(this.unsigned(1 << (tag - 0xd9)));
      case 0xdc: case 0xdd: return this.array(this.unsigned(2 << (tag - 0xdc)));
      case 0xde: case 0xdf: return this.map(this.unsigned(2 << (tag - 0xde)));
      default: throw new Error(`msgpack tag 0x${tag.toString(16)} has no place in geface.v1`);
    }
  }
}

/**
 * Encode a client's message: a flat object of strings, numbers, booleans, null and arrays of them.
 * Numbers always travel as float64 unless they are integers of 0..2^32-1.
 * @returns {Uint8Array}
 */
export function encode(message) {
  const entries = Object.entries(message);
  const parts = [Uint8Array.of(0x80 | entries.length)];
  for (const [key, value] of entries) parts.push(scalar(key), item(value));
  return join(parts);
}

function item(value) {
  if (!Array.isArray(value)) return scalar(value);
  const { length } = value;
  const head = length < 16 ? [0x90 | length] : [0xdc, length >> 8, length & 255];
  return join([Uint8Array.from(head), ...value.map(scalar)]);
}

function scalar(value) {
  if (value === null) return Uint8Array.of(0xc0);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xc3 : 0xc2);
  if (typeof value === "string") return text(value);
  const isUint32 = Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
  const view = new DataView(new ArrayBuffer(isUint32 ? 5 : 9));
  view.setUint8(0, isUint32 ? 0xce : 0xcb);
  if (isUint32) view.setUint32(1, value);
  else view.setFloat64(1, value);
  return new Uint8Array(view.buffer);
}

function text(value) {
  const bytes = TEXT_OUT.encode(value);
  const head = bytes.length < 32 ? [0xa0 | bytes.length] : [0xda, bytes.length >> 8, bytes.length & 255];
  return join([Uint8Array.from(head), bytes]);
}

function join(parts) {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
