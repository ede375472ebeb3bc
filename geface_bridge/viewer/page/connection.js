// A geface.v1 client that never gives up: connects, measures the clock, reconnects with backoff.

import { decode, encode } from "./msgpack.js";

const FIRST_RETRY_S = 0.4;
const LONGEST_RETRY_S = 5;
const PING_EVERY_S = 2;
const PINGS_KEPT = 8; // the clock offset follows the quickest of the newest pings, so drift is seen

const nowS = () => performance.now() / 1000;

/**
 * Calls `on.state(name, text)`, `on.hello(hello)`, `on.frame(frame)`, `on.status(status)`.
 * `frame.channels` is a Float32Array in hello's order; states are connecting, open, lost, refused.
 */
export class Connection {
  constructor(url, subprotocol, on) {
    this.url = url;
    this.subprotocol = subprotocol;
    this.on = on;
    this.retryS = FIRST_RETRY_S;
    this.clock = new ServerClock();
  }

  open() {
    this.on.state("connecting", "connecting");
    this.clock = new ServerClock();
    this.hello = null;
    const socket = new WebSocket(this.url, this.subprotocol);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = (event) => this.closed(event);
    this.socket = socket;
  }

  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(encode(message));
    return true;
  }

  receive(data) {
    const message = decode(data);
    if (message.type === "hello") return this.welcome(message);
    if (!this.hello) return undefined;
    if (message.type === "frame") return this.frame(message);
    if (message.type === "pong") return this.clock.pong(message, nowS());
    if (message.type === "status") return this.on.status(message);
    return undefined; // unknown types are for newer clients
  }

  welcome(message) {
    const named = ([name, unit, low, high]) => ({ name, unit, low, high });
    const hello = { ...message, channels: message.channels.map(named) };
    this.hello = hello;
    this.retryS = FIRST_RETRY_S;
    this.on.state("open", hello.source || "connected");
    this.on.hello(hello);
    clearInterval(this.pinging);
    const ping = () => this.send({ type: "ping", client_time_s: nowS() });
    this.pinging = setInterval(ping, PING_EVERY_S * 1000);
    ping();
    setTimeout(ping, 300);
  }

  frame(message) {
    message.channels = floats(message.channels);
    this.on.frame(message);
  }

  closed(event) {
    clearInterval(this.pinging);
    const reason = event.reason || (this.hello ? "connection lost" : "no server");
    this.on.state("lost", `${reason}, retrying`);
    setTimeout(() => this.open(), this.retryS * 1000);
    this.retryS = Math.min(this.retryS * 1.6, LONGEST_RETRY_S);
  }

  /** Seconds since the server captured what `frame` shows; null before the first pong. */
  ageS(frame) {
    const offset = this.clock.offsetS;
    return offset === null ? null : nowS() + offset - frame.captured_at_s;
  }
}

/** Server's clock minus ours, as NTP has it, by the quickest of the newest PINGS_KEPT exchanges. */
export class ServerClock {
  constructor() {
    this.samples = [];
  }

  pong(message, arrivedS) {
    const heldS = message.sent_at_s - message.received_at_s;
    const roundTripS = arrivedS - message.client_time_s - heldS;
    const thereS = message.received_at_s - message.client_time_s;
    const backS = message.sent_at_s - arrivedS;
    this.samples.push({ roundTripS, offsetS: (thereS + backS) / 2 });
    if (this.samples.length > PINGS_KEPT) this.samples.shift();
  }

  get offsetS() {
    if (this.samples.length === 0) return null;
    const quickest = (a, b) => (b.roundTripS <= a.roundTripS ? b : a);
    return this.samples.reduce(quickest).offsetS;
  }
}

/** @param {Uint8Array} bytes little-endian float32 @returns {Float32Array} */
function floats(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.byteLength >> 2);
  for (let i = 0; i < out.length; i++) out[i] = view.getFloat32(i * 4, true);
  return out;
}
