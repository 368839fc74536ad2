// Bubbles of every kind: what the bot answers and what the user has sent.
import { clock, element, timeOf } from "./dom.js";
import { flex } from "./flex.js";
import { post } from "./sandbox.js";
import { me } from "./people.js";

const WEB = /^https?:/i;

export function framed(from, className) {
  const frame = element("div", className);
  frame.dataset.testid = "bubble";
  frame.dataset.from = from;
  return frame;
}

export function fromBot(message, quotes) {
  if (message.type === "flex") return flex(message, framed);
  if (message.type === "audio" && WEB.test(message.originalContentUrl)) {
    return sound("bot", message.originalContentUrl, message.duration);
  }
  const made = textBubble(message.text || message.altText || `〔${message.type}〕`, "bot");
  const quoted = message.quoteToken && quotes[message.quoteToken];
  if (quoted) {
    const quote = element("blockquote", "", quoted);
    quote.dataset.testid = "quoted";
    quote.dataset.token = message.quoteToken;
    made.prepend(quote);
  }
  return made;
}

export function fromUser(entry) {
  const content = `/sandbox/content/${encodeURIComponent(entry.message_id)}`;
  if (entry.kind === "audio") return sound("user", content, entry.duration);
  if (entry.kind === "image") return picture(content, entry.text);
  return textBubble(entry.text, "user");
}

function textBubble(text, from) {
  const made = framed(from, "bubble");
  made.append(element("span", "", text));
  return made;
}

// The length is the one that LINE was told; the player shows the one it has found.
function sound(from, address, milliseconds) {
  const made = framed(from, "bubble sound"), player = element("audio");
  player.controls = true;
  player.preload = "metadata";
  player.src = address;
  player.dataset.testid = "audio";
  player.setAttribute("aria-label", from === "bot" ? "MedEdBot 的語音" : "您的語音訊息");
  const length = element("span", "length", milliseconds ? `語音 ${clock(milliseconds / 1000)}` : "語音");
  length.dataset.testid = "audio-length";
  player.addEventListener("error", () => {
    length.textContent = "這段語音已經無法播放。";
    length.classList.add("failed");
  });
  made.append(player, length);
  return made;
}

function picture(address, name) {
  const made = framed("user", "bubble picture"), image = element("img");
  image.src = address;
  image.alt = name;
  made.append(image);
  return made;
}

export function row(from, content, entry) {
  const line = element("li", `row ${from}`), meta = element("span", "meta");
  line.append(element("span", "hidden", from === "bot" ? "MedEdBot：" : "您："), content, meta);
  if (from === "user" && entry.type === "message") meta.append(unsendButton(entry));
  if (from === "user") meta.append(element("span", "read"));
  meta.append(element("time", "at", timeOf(entry.time)));
  return line;
}

function unsendButton(entry) {
  const button = element("button", "unsend", "收回");
  button.type = "button";
  button.dataset.testid = "unsend";
  button.setAttribute("aria-label", `收回訊息：${entry.text}`);
  button.addEventListener("click", () => {
    const unsend = { messageId: entry.message_id };
    post(me(), { event: { type: "unsend", unsend, replyToken: null } });
  });
  return button;
}

export function notice(text) {
  const line = element("li", "row event");
  line.append(element("span", "", text));
  line.dataset.testid = "notice";
  return line;
}
