// One trial: show three pictures at once, take one answer, deliver it whatever the network does.
"use strict";

const RETRIES = 3;
const GUARD_MS = 200; // the second half of a double click must not answer the next question
const PATIENCE_MS = [500, 1000, 2000, 4000, 8000];

const main = document.querySelector("main");
const form = main.querySelector("form");
const answers = [...form.querySelectorAll(".answer")];
const footer = main.querySelector("footer");
const state = main.querySelector(".state");
const shelf = `vote ${main.dataset.vote}`; // where an answer waits until the server has it
let shownAt = null;
let busy = false;

function say(text) {
  state.textContent = text;
  footer.classList.toggle("busy", text !== "");
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// crypto.randomUUID is missing on plain http, where many labs run their studies.
function uuid4() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A browser that forbids storage still delivers; the answer then lives as long as the page.
function keep(vote) {
  try {
    if (vote) localStorage.setItem(shelf, JSON.stringify(vote));
    else localStorage.removeItem(shelf);
  } catch {
    // Nothing to keep it in.
  }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(shelf));
  } catch {
    return null;
  }
}

function onward() {
  // In place of this page, so that Back never leads to an answered question.
  window.location.replace(main.dataset.vote.replace(/vote\/$/, ""));
}

// Sends until the server has answered: 2xx is recorded, 4xx will not change by asking again.
async function deliver(url, fields) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const body = new URLSearchParams(new FormData(form));
      Object.entries(fields).forEach(([name, value]) => body.set(name, value));
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: { "X-Requested-With": "fetch" },
      });
      if (response.status < 500) return;
    } catch {
      // No connection: try again below.
    }
    say(main.dataset.offline);
    await pause(PATIENCE_MS[Math.min(attempt, PATIENCE_MS.length - 1)]);
  }
}

async function deliverVote(vote) {
  await deliver(main.dataset.vote, vote);
  keep(null);
  onward();
}

async function decoded(image) {
  const address = image.src;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await image.decode();
      return;
    } catch (error) {
      if (attempt === RETRIES) throw error;
      await pause(PATIENCE_MS[attempt]);
      image.src = `${address}?again=${attempt + 1}`; // browsers remember a failure by its address
    }
  }
}

function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  });
}

async function show() {
  say(main.dataset.loading);
  try {
    await Promise.all([...form.querySelectorAll("img")].map(decoded));
  } catch {
    await deliver(main.dataset.unloadable, {});
    onward();
    return;
  }
  form.classList.add("shown");
  await painted();
  shownAt = performance.now();
  answers.forEach((answer) => { answer.disabled = false; });
  say("");
}

function choose(answer) {
  if (busy || shownAt === null) return;
  const response = performance.now() - shownAt;
  if (response < GUARD_MS) return;
  busy = true;
  const vote = {
    trial: form.elements.trial.value,
    choice: answer.value,
    client_uuid: uuid4(),
    response_ms: Math.round(response),
  };
  keep(vote);
  answer.classList.add("chosen");
  say(main.dataset.saving);
  deliverVote(vote);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter) choose(event.submitter);
});

const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "left", ArrowDown: "right" };

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const side = KEYS[event.key];
  if (side) {
    event.preventDefault();
    answers.find((answer) => answer.value === side).focus();
  } else if (event.key === "Enter" && event.repeat) {
    event.preventDefault(); // a key held down is one answer
  }
});

// A page that a browser kept alive behind others is out of date when it is shown again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

const waiting = kept();
if (waiting) {
  deliverVote(waiting);
} else {
  show();
}
