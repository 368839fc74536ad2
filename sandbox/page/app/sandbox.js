// The sandbox's routes, as the page uses them. Each answers true or says that nothing was sent.
import { say } from "./dom.js";

const JSON_BODY = { "content-type": "application/json" };

async function sent(path, options) {
  try {
    const answer = await fetch(path, options);
    if (!answer.ok) throw new Error(String(answer.status));
    say("");
    return true;
  } catch {
    say("訊息沒有送出，請再試一次。");
    return false;
  }
}

export function post(user, body) {
  const options = { method: "POST", headers: JSON_BODY, body: JSON.stringify({ user, ...body }) };
  return sent("/sandbox/send", options);
}

export function sendMedium(user, file, about) {
  const query = new URLSearchParams({ user, ...about });
  const headers = file.type ? { "content-type": file.type } : {};
  return sent(`/sandbox/media?${query}`, { method: "POST", headers, body: file });
}

export function setLanguage(user, language) {
  const options = { method: "PUT", headers: JSON_BODY, body: JSON.stringify({ language }) };
  return sent(`/sandbox/profiles/${encodeURIComponent(user)}`, options);
}

export async function news(user, revision, wait, signal) {
  const path = `/sandbox/chats/${encodeURIComponent(user)}?after=${revision}&wait=${wait}`;
  const answer = await fetch(path, { signal });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

export async function mails() {
  const answer = await fetch("/sandbox/mails");
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).mails;
}
