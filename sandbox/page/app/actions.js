// What a tap on a quick reply or a button does.
import { byId, element } from "./dom.js";
import { post } from "./sandbox.js";
import { me } from "./people.js";

const LINKS = /^(https?|line|tel|mailto):/i;

export function act(action) {
  if (action.type === "message") return post(me(), { text: action.text });
  if (action.type === "postback") return tap(action);
  if (action.type === "uri" && LINKS.test(action.uri)) window.open(action.uri, "_blank", "noopener");
  if (action.type === "clipboard") navigator.clipboard.writeText(action.clipboardText);
  return undefined;
}

// The bot gets the data alone; what the chat shows is between the user and LINE.
function tap(action) {
  const event = { type: "postback", postback: { data: action.data } };
  return post(me(), { event, shown: action.displayText || action.text || "" });
}

export function offer(items) {
  byId("chips").replaceChildren(...items.map((item) => {
    const chip = element("button", "chip", item.action.label);
    chip.type = "button";
    chip.dataset.testid = "quick-reply";
    chip.addEventListener("click", () => {
      offer([]);
      act(item.action);
      byId("input").focus({ preventScroll: true });
    });
    return chip;
  }));
}

export function linked(action, inside) {
  const link = element("a");
  if (LINKS.test(action.uri)) link.href = action.uri;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  if (inside) link.append(inside);
  return link;
}
