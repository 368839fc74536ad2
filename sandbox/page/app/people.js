// Who is chatting: a few people to begin with, and whoever else is named.
import { byId, keep, kept } from "./dom.js";

const PEOPLE = ["護理師小林", "家屬阿明", "陳醫師"];
const OTHER = "＋ 其他使用者…";
const LONGEST_NAME = 100;
const MOST_NAMES = 20;
const select = byId("user");
let user = "";

export const me = () => user;

function fill() {
  const names = [...new Set([...PEOPLE, ...kept("people", []), user])];
  select.replaceChildren(...names.map((name) => new Option(name, name)), new Option(OTHER, OTHER));
  select.value = user;
}

function become(name) {
  user = name.slice(0, LONGEST_NAME);
  if (!PEOPLE.includes(user)) {
    keep("people", [...new Set([...kept("people", []), user])].slice(-MOST_NAMES));
  }
  const address = new URL(location.href);
  address.searchParams.set("user", user);
  history.replaceState(null, "", address);
  fill();
}

export function choosePeople(onChange) {
  select.addEventListener("change", () => {
    const name = select.value === OTHER ? (prompt("使用者名稱") || "").trim() : select.value;
    if (name) { become(name); onChange(); } else { select.value = user; }
  });
  become((new URL(location.href).searchParams.get("user") || "").trim() || PEOPLE[0]);
  onChange();
}
