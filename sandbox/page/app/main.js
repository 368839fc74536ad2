// The page put together.
import { openChat, startChat } from "./chat.js";
import { startComposer } from "./composer.js";
import { refresh, startMail } from "./mail.js";
import { choosePeople } from "./people.js";
import { showSettings, startSettings } from "./settings.js";
import { startVoice } from "./voice.js";

startSettings();
startComposer();
startVoice();
startMail();
startChat((heard, fresh) => {
  showSettings(heard);
  if (fresh.some((entry) => entry.from === "bot")) refresh();
});
choosePeople(openChat);
