// Flex messages: the part of them that bots use for cards.
import { element } from "./dom.js";
import { act, linked } from "./actions.js";

const FONT = { xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 29, "3xl": 35, "4xl": 48, "5xl": 74 };
const SPACE = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };

export function flex(message, framed) {
  const { contents } = message;
  if (contents.type !== "carousel") return card(contents, message.altText, framed);
  const all = element("div", "cards");
  all.append(...contents.contents.map((one) => card(one, message.altText, framed)));
  return all;
}

function card(container, name, framed) {
  const frame = framed("bot", "bubble card");
  const inside = element("section");
  inside.setAttribute("aria-label", name);
  for (const part of ["header", "hero", "body", "footer"]) {
    const made = container[part] && component(container[part]);
    if (made) { made.classList.add("block"); inside.append(made); }
  }
  if (inside.querySelector("a")) inside.dataset.testid = "references";
  else if (inside.querySelector("button")) inside.dataset.testid = "actions";
  frame.append(inside);
  return frame;
}

function component(part, gap) {
  const made = makers[part.type] && makers[part.type](part);
  if (!made) return null;
  const margin = part.margin ? length(part.margin, SPACE) : gap || "";
  if (margin) made.dataset.gap = margin;
  if (typeof part.flex === "number") made.style.flex = part.flex === 0 ? "none" : `${part.flex} 1 0`;
  paint(made, "backgroundColor", part.backgroundColor);
  return made;
}

const makers = {
  box(part) {
    const made = element("div", `box ${part.layout}`);
    const gap = part.spacing ? length(part.spacing, SPACE) : "";
    const side = part.layout === "vertical" ? "marginTop" : "marginLeft";
    (part.contents || []).map((child) => component(child, gap)).filter(Boolean).forEach((child, index) => {
      if (index && child.dataset.gap) child.style[side] = child.dataset.gap;
      made.append(child);
    });
    if (part.paddingAll) made.style.padding = length(part.paddingAll, SPACE);
    return tappable(part, made);
  },
  text(part) {
    const made = element("div", part.wrap ? "text" : "text cut");
    if (part.contents && part.contents.length) made.append(...part.contents.map(span));
    else made.textContent = part.text;
    styled(made, part);
    return tappable(part, made);
  },
  button(part) {
    const kind = ["primary", "secondary"].includes(part.style) ? part.style : "";
    const made = part.action.type === "uri" ? linked(part.action) : tap(part.action);
    made.className = `action ${kind}`;
    made.textContent = part.action.label;
    return made;
  },
  separator() { return element("hr", "rule"); },
  filler() { return element("div"); },
};

const span = (part) => styled(element("span", "", part.text), part);

function tap(action) {
  const button = element("button");
  button.type = "button";
  button.addEventListener("click", () => act(action));
  return button;
}

function tappable(part, made) {
  if (!part.action) return made;
  if (part.action.type === "uri") return linked(part.action, made);
  made.setAttribute("role", "button");
  made.tabIndex = 0;
  made.addEventListener("click", () => act(part.action));
  made.addEventListener("keydown", (event) => { if (event.key === "Enter") act(part.action); });
  return made;
}

function styled(made, part) {
  if (part.size) made.style.fontSize = length(part.size, FONT);
  if (part.weight === "bold") made.style.fontWeight = "700";
  if (part.style === "italic") made.style.fontStyle = "italic";
  if (["underline", "line-through"].includes(part.decoration)) made.style.textDecoration = part.decoration;
  if (["start", "end", "center"].includes(part.align)) made.style.textAlign = part.align;
  paint(made, "color", part.color);
  return made;
}

function paint(made, property, color) {
  if (/^#[0-9a-f]{6}([0-9a-f]{2})?$/i.test(color || "")) made.style[property] = color;
}

function length(value, names) {
  if (value in names) return `${names[value]}px`;
  return /^\d+(\.\d+)?(px|%)$/.test(value) ? value : "";
}
