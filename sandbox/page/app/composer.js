// Writing a message, and sending pictures, files, stickers and places.
import { byId, panel } from "./dom.js";
import { offer } from "./actions.js";
import { post, sendMedium } from "./sandbox.js";
import { me } from "./people.js";

const STICKERS = { packageId: "11537", stickerResourceType: "STATIC" };
const PLACE = {
  type: "location",
  title: "臺大醫院",
  address: "臺北市中正區中山南路7號",
  latitude: 25.0403,
  longitude: 121.5189,
};
const input = byId("input");
const send = byId("send");

function grow() {
  send.disabled = !input.value.trim();
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
}

async function submit() {
  const text = input.value;
  if (!text.trim()) return;
  input.value = "";
  grow();
  offer([]);
  if (!await post(me(), { text })) { input.value = text; grow(); }
}

export function startComposer() {
  input.addEventListener("input", grow);
  input.addEventListener("keydown", (event) => {
    // While an input method composes, Enter chooses a character and does not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  byId("form").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  startMore();
}

function startMore() {
  const more = panel(byId("more-open"), byId("more"));
  const message = (content) => { more.close(); post(me(), { event: { message: content } }); };
  const file = (id, kind) => byId(id).addEventListener("change", ({ target }) => {
    const [chosen] = target.files;
    if (chosen) { more.close(); sendMedium(me(), chosen, { kind, name: chosen.name }); }
    target.value = "";
  });
  file("image-file", "image");
  file("any-file", "file");
  for (const button of document.querySelectorAll("[data-sticker]")) {
    const sticker = { type: "sticker", stickerId: button.dataset.sticker, ...STICKERS };
    button.addEventListener("click", () => message(sticker));
  }
  byId("location").addEventListener("click", () => message(PLACE));
}
