// What both pages do with the browser: elements, toggles, fetching, orbiting.

export const byId = (id) => document.getElementById(id);

export function element(tag, className, parent, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  parent.append(node);
  return node;
}

/** Make a button a toggle; `act` is told its new state. */
export function press(id, act) {
  byId(id).addEventListener("click", ({ currentTarget: button }) => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    act(on);
  });
}

/** Drag to orbit, wheel to zoom, double click to look straight; sets `viewer.dirty`. */
export function connectOrbit(canvas, viewer) {
  const { renderer } = viewer;
  const { camera } = renderer;
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const side = renderer.mirrored ? 1 : -1;
    camera.turn(side * event.movementX * 0.007, event.movementY * 0.007);
    viewer.dirty = true;
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    camera.zoomBy(Math.exp(event.deltaY * 0.001));
    viewer.dirty = true;
  }, { passive: false });
  canvas.addEventListener("dblclick", () => {
    camera.reset();
    viewer.dirty = true;
  });
  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault()); // wait for it
  canvas.addEventListener("webglcontextrestored", () => location.reload());
}

export async function fetched(path, read) {
  const response = await fetch(path, { cache: "no-cache" });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return read(response);
}

/** A response's picture as it is stored, for `texImage2D`. */
export async function bitmap(response) {
  return createImageBitmap(await response.blob(), {
    premultiplyAlpha: "none", colorSpaceConversion: "none",
  });
}
