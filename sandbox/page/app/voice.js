// A voice message: recorded here or picked as a file, listened to, and sent.
import { byId, clock, panel } from "./dom.js";
import { sendMedium } from "./sandbox.js";
import { me } from "./people.js";
import { asWave, decoded } from "./wave.js";

const LONGEST_SECONDS = 300;
const LARGEST_BYTES = 20 * 1024 * 1024;
const TICK_MILLISECONDS = 250;
const record = byId("record");
const transcript = byId("transcript");
const player = byId("preview-audio");
let recorder = null, taken = null, sheet = null, ticking = 0, generation = 0;

const canRecord = () => Boolean(navigator.mediaDevices && window.MediaRecorder);
const hint = (text) => { byId("voice-hint").textContent = text; };

export function startVoice() {
  sheet = panel(byId("voice-open"), byId("voice"), clear);
  record.disabled = !canRecord();
  if (record.disabled) byId("record-label").textContent = "無法錄音";
  record.addEventListener("click", () => (recorder ? stop() : begin()));
  byId("voice-file").addEventListener("change", pick);
  byId("voice-cancel").addEventListener("click", () => { sheet.close(); byId("voice-open").focus(); });
  byId("voice-send").addEventListener("click", send);
}

function clear() {
  generation += 1;
  if (recorder) { recorder.onstop = null; end(); }
  take(null);
  transcript.value = "";
  byId("record-time").textContent = "0:00";
  hint("");
}

function take(next) {
  if (taken) URL.revokeObjectURL(player.src);
  taken = next;
  byId("preview").hidden = !next;
  byId("voice-send").disabled = !next;
  if (!next) { player.removeAttribute("src"); player.load(); return; }
  player.src = URL.createObjectURL(next.file);
  byId("preview-name").textContent = [next.name, clock(next.seconds)].filter(Boolean).join(" · ");
}

async function begin() {
  hint("");
  take(null);
  const mine = generation;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    if (mine !== generation) { stream.getTracks().forEach((track) => track.stop()); return; }
    listenTo(stream);
  } catch {
    hint("瀏覽器沒有讓這一頁使用麥克風，可以改選語音檔。");
  }
}

function listenTo(stream) {
  const parts = [], began = Date.now(), mine = generation;
  recorder = new MediaRecorder(stream);
  recorder.ondataavailable = (event) => { if (event.data.size) parts.push(event.data); };
  recorder.onstop = async () => {
    const blob = new Blob(parts, { type: recorder.mimeType });
    end();
    try {
      const made = await asWave(blob);
      if (mine === generation) take({ ...made, name: "錄音" });
    } catch { hint("沒有錄到聲音，請再試一次。"); }
  };
  recorder.start();
  record.setAttribute("aria-pressed", "true");
  byId("record-label").textContent = "停止錄音";
  ticking = setInterval(() => {
    const seconds = (Date.now() - began) / 1000;
    byId("record-time").textContent = clock(seconds);
    if (seconds >= LONGEST_SECONDS) stop();
  }, TICK_MILLISECONDS);
}

function stop() { if (recorder && recorder.state === "recording") recorder.stop(); }

function end() {
  clearInterval(ticking);
  recorder.stream.getTracks().forEach((track) => track.stop());
  recorder = null;
  record.setAttribute("aria-pressed", "false");
  byId("record-label").textContent = "重新錄音";
}

async function pick({ target }) {
  const [file] = target.files, mine = generation;
  target.value = "";
  if (!file) return;
  hint("");
  if (file.size > LARGEST_BYTES) { hint("檔案超過 20 MB，請選小一點的。"); return; }
  try {
    const { duration } = await decoded(file);
    if (mine === generation) take({ file, seconds: duration, name: file.name });
  } catch { hint("瀏覽器讀不懂這個檔案，請選 m4a、mp3、wav、ogg 或 flac。"); }
}

async function send() {
  const about = { kind: "audio", duration: String(Math.round(taken.seconds * 1000)) };
  const words = transcript.value.trim();
  if (words) about.transcript = words;
  byId("voice-send").disabled = true;
  const done = await sendMedium(me(), taken.file, about);
  byId("voice-send").disabled = !taken;
  if (!done) return;
  sheet.close();
  byId("voice-open").focus();
}
