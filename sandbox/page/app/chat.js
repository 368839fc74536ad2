// The conversation as it grows: news from the sandbox, drawn once each.
import { byId, element, say } from "./dom.js";
import { offer } from "./actions.js";
import { fromBot, fromUser, notice, row } from "./bubbles.js";
import { news } from "./sandbox.js";
import { me } from "./people.js";

const WAIT_SECONDS = 25;
const RETRY_MILLISECONDS = 1000;
const NEAR_THE_END = 120;
const NOTICES = { follow: "已加入 MedEdBot 為好友", unfollow: "已封鎖 MedEdBot" };
const UNSENT = "您已收回訊息";
const UNSENT_QUOTE = "(已收回的訊息)";
const list = byId("list");
let revision = 0, polling = null, loadingTimer = 0, atEnd = true;
let onNews = () => {};

export function startChat(listener) {
  onNews = listener;
  list.addEventListener("scroll", () => {
    atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_THE_END;
  });
  // Chips, panels and the keyboard take room from the list: whoever was at its end stays there.
  new ResizeObserver(() => { if (atEnd) toEnd(); }).observe(list);
}

export function openChat() {
  revision = 0;
  list.replaceChildren();
  showLoading(0);
  showEmpty();
  listen();
}

async function listen() {
  if (polling) polling.abort();
  const mine = polling = new AbortController();
  let wait = 0;
  while (!mine.signal.aborted) {
    try {
      const heard = await news(me(), revision, wait, mine.signal);
      if (mine.signal.aborted) return;
      if (wait === 0) say("");
      apply(heard);
      wait = WAIT_SECONDS;
    } catch {
      if (mine.signal.aborted) return;
      say("與沙盒的連線中斷，正在重試…");
      await new Promise((done) => setTimeout(done, RETRY_MILLISECONDS));
      wait = 0;
    }
  }
}

function apply(heard) {
  if (heard.revision < revision) { list.replaceChildren(); revision = 0; showEmpty(); }
  const fresh = heard.entries.filter((entry) => entry.revision > revision);
  const follow = atEnd || fresh.some((entry) => entry.from === "user");
  fresh.forEach(show);
  revision = heard.revision;
  markRead(heard.read_revision);
  showLoading(heard.loading_seconds);
  if (follow) toEnd();
  onNews(heard, fresh);
}

function toEnd() { list.scrollTop = list.scrollHeight; }

function showEmpty() {
  const hint = element("li", "empty");
  hint.append(element("strong", "", "歡迎使用 MedEdBot 沙盒"), "按下面的「開始」，或輸入任何訊息。");
  list.append(hint);
  offer([{ action: { type: "message", label: "開始", text: "開始" } }]);
}

function show(entry) {
  list.querySelectorAll(".empty").forEach((hint) => hint.remove());
  if (entry.from === "user") { showOwn(entry); return; }
  offer([]);
  for (const message of entry.messages) {
    list.append(row("bot", fromBot(message, entry.quotes || {}), entry));
  }
  const last = entry.messages[entry.messages.length - 1];
  offer(last && last.quickReply ? last.quickReply.items : []);
}

function showOwn(entry) {
  if (entry.type === "unsend") { takeBack(entry.message_id); return; }
  offer([]);
  if (entry.kind === "unsent") { list.append(notice(UNSENT)); return; }
  if (entry.type in NOTICES) { list.append(notice(NOTICES[entry.type])); return; }
  if (!entry.text) return;
  const line = row("user", fromUser(entry), entry);
  line.dataset.revision = entry.revision;
  line.dataset.message = entry.message_id || "";
  line.dataset.quote = entry.quote_token || "";
  list.append(line);
}

function takeBack(id) {
  for (const line of list.querySelectorAll(".row.user")) {
    if (line.dataset.message !== id) continue;
    unquote(line.dataset.quote);
    line.replaceWith(notice(UNSENT));
  }
}

function unquote(token) {
  for (const quote of list.querySelectorAll("blockquote")) {
    if (quote.dataset.token === token) quote.textContent = UNSENT_QUOTE;
  }
}

function markRead(read) {
  for (const line of list.querySelectorAll(".row.user")) {
    if (Number(line.dataset.revision) <= read) line.querySelector(".read").textContent = "已讀";
  }
}

function showLoading(seconds) {
  clearTimeout(loadingTimer);
  const there = byId("loading");
  if (there) there.remove();
  if (seconds <= 0) return;
  const line = element("li", "row bot"), dots = element("div", "bubble dots");
  line.id = "loading";
  line.dataset.testid = "loading";
  dots.append(element("i"), element("i"), element("i"));
  line.append(dots, element("span", "hidden", "MedEdBot 正在準備回覆"));
  list.append(line);
  if (atEnd) toEnd();
  loadingTimer = setTimeout(() => showLoading(0), seconds * 1000);
}
