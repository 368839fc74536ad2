// The mails that the sandbox took in place of a mail server.
import { byId, element, timeOf } from "./dom.js";
import { mails } from "./sandbox.js";

const POLL_MILLISECONDS = 3000;
const SHOWN_HEADERS = ["From", "To", "Date", "Subject", "Content-Language", "Auto-Submitted"];
const tabs = ["chat", "mail"];
const wide = matchMedia("(min-width: 1000px)");
let all = [], seen = null, open = null;

const isShown = () => document.body.dataset.tab === "mail" || wide.matches;

export function startMail() {
  for (const name of tabs) byId(`tab-${name}`).addEventListener("click", () => choose(name));
  document.querySelector(".tabs").addEventListener("keydown", arrows);
  byId("mail-back").addEventListener("click", () => { show(null); byId("mails").querySelector("button")?.focus(); });
  byId("view-html").addEventListener("click", () => view("html"));
  byId("view-text").addEventListener("click", () => view("text"));
  window.addEventListener("hashchange", fromAddress);
  wide.addEventListener("change", refresh);
  setInterval(() => { if (isShown() && !document.hidden) refresh(); }, POLL_MILLISECONDS);
  fromAddress();
  draw();
  refresh();
}

function fromAddress() { choose(location.hash === "#mail" ? "mail" : "chat"); }

function choose(name) {
  document.body.dataset.tab = name;
  for (const each of tabs) {
    byId(`tab-${each}`).setAttribute("aria-selected", String(each === name));
    byId(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  const address = new URL(location.href);
  address.hash = name === "mail" ? "mail" : "";
  history.replaceState(null, "", address);
  if (name === "mail") refresh();
}

function arrows(event) {
  if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const next = document.body.dataset.tab === "chat" ? "mail" : "chat";
  choose(next);
  byId(`tab-${next}`).focus();
}

export async function refresh() {
  let found;
  try { found = await mails(); } catch { return; }
  const changed = found.length !== all.length || found.at(-1)?.seq !== all.at(-1)?.seq;
  all = found;
  if (isShown() || seen === null) seen = all.at(-1)?.seq ?? 0;
  const fresh = all.filter((mail) => mail.seq > seen).length;
  byId("mail-count").textContent = fresh;
  byId("mail-count").hidden = !fresh;
  if (changed) draw();
}

function draw() {
  if (!all.length) {
    const none = element("p", "none");
    none.append(element("strong", "", "還沒有信件"), "在衛教模式選「寄送」，信就會出現在這裡。");
    byId("mails").replaceChildren(none);
    show(null);
    return;
  }
  byId("mails").replaceChildren(...[...all].reverse().map(line));
}

function line(mail) {
  const button = element("button");
  button.type = "button";
  button.dataset.testid = "mail";
  button.append(element("b", "", mail.subject || "(沒有主旨)"), element("time", "", timeOf(mail.time)));
  button.append(element("span", "to", `寄給 ${mail.to.join("、")}`));
  button.addEventListener("click", () => { show(mail); byId("subject").focus(); });
  return button;
}

function show(mail) {
  open = mail;
  byId("mails").hidden = Boolean(mail);
  byId("letter").hidden = !mail;
  if (!mail) { byId("letter-html").removeAttribute("src"); return; }
  byId("subject").textContent = mail.subject || "(沒有主旨)";
  byId("headers").replaceChildren(...mail.headers.filter(([name]) => SHOWN_HEADERS.includes(name)).flatMap(
    ([name, value]) => [element("dt", "", name), element("dd", "", value)],
  ));
  byId("raw").href = `/sandbox/mails/${mail.seq}/raw`;
  byId("view-html").disabled = mail.html === null;
  view(mail.html === null ? "text" : "html");
}

function view(kind) {
  byId("letter-html").hidden = kind !== "html";
  byId("letter-text").hidden = kind !== "text";
  byId("view-html").setAttribute("aria-pressed", String(kind === "html"));
  byId("view-text").setAttribute("aria-pressed", String(kind === "text"));
  byId("letter-text").textContent = open.text ?? "(這封信沒有純文字)";
  if (kind === "html") byId("letter-html").src = `/sandbox/mails/${open.seq}/html`;
}
