// The phone's own settings: its language, a computer instead of a phone, friendship.
import { byId, keep, kept, panel } from "./dom.js";
import { post, setLanguage } from "./sandbox.js";
import { me } from "./people.js";

const pc = byId("pc");
const language = byId("language");

const befriend = () => post(me(), { event: { type: "follow", follow: { isUnblocked: false } } });
const unblock = () => post(me(), { event: { type: "follow", follow: { isUnblocked: true } } });
const block = () => post(me(), { event: { type: "unfollow", replyToken: null } });

function seeAs(computer) {
  document.body.classList.toggle("pc", computer);
  keep("pc", computer);
}

export function startSettings() {
  panel(byId("settings-open"), byId("settings"));
  pc.checked = kept("pc", false);
  seeAs(pc.checked);
  pc.addEventListener("change", () => seeAs(pc.checked));
  language.addEventListener("change", () => setLanguage(me(), language.value));
  byId("befriend").addEventListener("click", befriend);
  byId("block").addEventListener("click", block);
  byId("unblock").addEventListener("click", unblock);
}

export function showSettings(heard) {
  if (document.activeElement !== language) language.value = heard.language;
  byId("blocked").hidden = !heard.blocked;
  byId("form").hidden = heard.blocked;
  byId("block").disabled = heard.blocked;
}
