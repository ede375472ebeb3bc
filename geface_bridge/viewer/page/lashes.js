// Strands for eyelashes whose file has only strips: the picture of rig/appearance.py, in a canvas.

const WIDTH = 512;
const HEIGHT = 128;
const STRANDS = 90;
const OPACITY = 0.75;

/** RGBA picture: upper lashes in the upper half, lower ones in the lower half, dense at the lid. */
export function paintLashes() {
  const picture = new ImageData(WIDTH, HEIGHT);
  for (let row = 0; row < HEIGHT; row++) {
    const v = 1 - (row + 0.5) / HEIGHT;
    for (let column = 0; column < WIDTH; column++) {
      picture.data.set([255, 255, 255, 255 * opacity(column / WIDTH, v)], (row * WIDTH + column) * 4);
    }
  }
  return picture;
}

function opacity(u, v) {
  const isUpper = v > 0.5;
  const root = isUpper ? (0.99 - v) / 0.32 : (v - 0.07) / 0.25;
  const strand = 0.5 + 0.5 * Math.cos(2 * Math.PI * STRANDS * u + 9 * root);
  const reach = Math.max(0, Math.min(1, root * 1.4 - 0.2)) ** 1.5 * strand;
  const alpha = root > 0.93 ? 1 : reach;
  return Math.min(1, (isUpper ? 0.9 : 0.45) * OPACITY * alpha);
}
