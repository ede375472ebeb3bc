// Names a moment in the take that is being recorded.

import { byId } from "./page.js";

/** @param send tells the server; its status says whether a take is being recorded */
export function connectMark(send) {
  const [button, form, label] = ["mark", "mark-form", "mark-label"].map(byId);
  let count = 0;
  const close = () => {
    form.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.focus();
  };
  const open = () => {
    form.hidden = false;
    button.setAttribute("aria-expanded", "true");
    label.value = `mark ${count + 1}`;
    label.select(); // Enter takes it, typing replaces it
  };
  button.addEventListener("click", () => (form.hidden ? open() : close()));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (send({ type: "mark", label: label.value })) count += 1;
    close();
  });
  form.addEventListener("keydown", ({ key }) => key === "Escape" && close());
}
