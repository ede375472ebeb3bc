// A small menu that opens beside a button.

import { element } from "./page.js";

/** @param {{text: string, act: () => void}[]} items none: only `title` is told */
export function openMenu(anchor, title, items) {
  const menu = element("div", "menu", document.body);
  menu.setAttribute("role", "menu");
  element("p", "", menu, title);
  const close = () => {
    menu.remove();
    removeEventListener("pointerdown", outside, true);
    removeEventListener("keydown", escape);
    removeEventListener("scroll", close, true);
  };
  const outside = (event) => menu.contains(event.target) || close();
  const escape = (event) => {
    if (event.key !== "Escape") return;
    close();
    anchor.focus();
  };
  for (const { text, act } of items) {
    const button = element("button", "", menu, text);
    button.setAttribute("role", "menuitem");
    button.addEventListener("click", () => {
      close();
      act();
    });
  }
  place(menu, anchor.getBoundingClientRect());
  menu.querySelector("button")?.focus();
  addEventListener("pointerdown", outside, true);
  addEventListener("keydown", escape);
  addEventListener("scroll", close, true);
}

/** Below what it belongs to, above where there is no room. */
function place(menu, { left, top, bottom }) {
  const height = menu.offsetHeight;
  menu.style.left = `${left}px`;
  menu.style.top = `${bottom + height < innerHeight ? bottom : Math.max(0, top - height)}px`;
}
