// Reads a geface.v1 stream as docs/protocol.md describes it and prints it as one JSON object.
//
//   node client.mjs ws://127.0.0.1:8765 COUNT
//
// Asks for every frame, sends one of each command, and ends after COUNT frames:
// {"hello": …, "pong": …, "statuses": […], "frames": […]}; a frame's channels as numbers.
import { decode, encode } from "@msgpack/msgpack";
import WebSocket from "ws";

const [url, count] = [process.argv[2], Number(process.argv[3])];
const seen = { subprotocol: null, hello: null, pong: null, statuses: [], frames: [] };
const socket = new WebSocket(url, "geface.v1");
const send = (message) => socket.send(encode(message));

// A DataView, because a bin in the middle of a message need not be aligned to 4 bytes.
function float32s(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

function welcome(hello) {
  if (hello.type !== "hello" || hello.version[0] !== 1) {
    throw new Error(`first message is ${JSON.stringify(hello)}, expected hello of version 1`);
  }
  seen.hello = hello;
  send({ type: "subscribe", mode: "all" });
  send({ type: "gain", channel: hello.channels[0][0], factor: 2 });
  send({ type: "gain", channel: "AU99", factor: 0.5 });
  send({ type: "calibrate", duration_s: 1.5, subject: null });
  send({ type: "from the future", anything: [1, { deep: true }] });
  send({ type: "ping", client_time_s: 12.5 }); // its pong says that the others were read
}

function receive(message) {
  if (seen.frames.length === count) return; // closing
  if (seen.hello === null) return welcome(message);
  if (message.type === "pong") seen.pong = message;
  if (message.type === "status") seen.statuses.push(message);
  // Frames from before the subscription was read are not counted: some may have been dropped.
  if (message.type === "frame" && seen.pong !== null) {
    seen.frames.push({ ...message, channels: float32s(message.channels) });
  }
  if (seen.frames.length === count) socket.close();
}

socket.on("open", () => (seen.subprotocol = socket.protocol));
socket.on("message", (data, isBinary) => {
  if (!isBinary) throw new Error(`text message ${data}, expected binary`);
  receive(decode(data));
});
socket.on("close", (code, reason) => {
  if (seen.frames.length < count) {
    console.error(`closed with ${code} ${reason} after ${seen.frames.length} frames`);
    process.exitCode = 1;
  }
  process.stdout.write(JSON.stringify(seen));
});
