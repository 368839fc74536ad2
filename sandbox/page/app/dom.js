// Small helpers over the document; text always goes in as text.

export const byId = (id) => document.getElementById(id);

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// As players count: a second is over when it is over.
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function timeOf(seconds) {
  const options = { hour: "2-digit", minute: "2-digit", hour12: false };
  return new Date(seconds * 1000).toLocaleTimeString("zh-Hant", options);
}

export function say(text) {
  const trouble = byId("trouble");
  trouble.textContent = text;
  trouble.hidden = !text;
}

// What a private window refuses to keep is not worth an error.
export function kept(name, otherwise) {
  try { return JSON.parse(localStorage.getItem(name)) ?? otherwise; } catch { return otherwise; }
}
export function keep(name, value) {
  try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* a private window */ }
}

// A panel that a button opens and closes; Escape closes it and gives the focus back.
export function panel(button, section, onClose = () => {}) {
  const show = (open) => {
    if (section.hidden === !open) return;
    section.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open) onClose();
  };
  button.addEventListener("click", () => show(section.hidden));
  section.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    show(false);
    button.focus();
  });
  return { open: () => show(true), close: () => show(false) };
}
