// "Train it yourself": a model that learns the reader's own sentence in the page, and writes.

import { Learner } from "./learner.js";
import { Training } from "./training.js";
import { Writing } from "./writing.js";

const ROOT = new URL("../../../", import.meta.url);

async function json(file) {
  const answer = await fetch(new URL(file, ROOT)).catch(() => null);
  if (!answer?.ok) throw new Error("What this needs could not be loaded. Press again to try once more.");
  return answer.json();
}

// The weights and the program of a step are fetched when they are first needed.
async function start(tool) {
  const named = await json("data/try.json");
  let learner = null;
  const load = () => (learner ??= json(named.program).then((file) => new Learner(file, named)).catch((error) => {
    learner = null;
    throw error;
  }));
  const [train, write] = tool.querySelectorAll("form");
  for (const [name, text] of Object.entries(named.texts)) tool.querySelector(`[name="${name}"]`).value = text;
  const writing = new Writing(write, named, load);
  const training = new Training(train, named, load, () => writing.clear());
  for (const part of tool.querySelectorAll("fieldset")) part.disabled = false;
  tool.addEventListener("pointerover", () => load().catch(() => {}), { once: true });
  tool.addEventListener("focusin", () => load().catch(() => {}), { once: true });
  return { training, writing };
}

const tool = document.querySelector(".own");
export const started = start(tool);
started.catch((error) => (tool.querySelector(".own-said").textContent = error.message));
