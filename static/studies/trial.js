// One trial after the other: show three pictures at once, take one answer, deliver it, go on.
import { insist, patience, reachable, Shelf } from "./delivery.js";
import { isStacked, screenNow } from "./screen.js";

const RETRIES = 3;
const GUARD_MS = 200; // the second half of a double click must not answer the next question
const KEYS = {
  ArrowLeft: "left", ArrowUp: "left", 1: "left",
  ArrowRight: "right", ArrowDown: "right", 2: "right",
  3: "tie",
};

let trial = null;

class Trial {
  constructor(main) {
    this.words = main.dataset;
    this.form = main.querySelector("form");
    this.answers = [...this.form.querySelectorAll(".answer")];
    this.footer = main.querySelector("footer");
    this.state = main.querySelector(".state");
    this.shelf = new Shelf(`vote ${this.words.vote}`);
    this.shownAt = null;
    this.answered = false;
    this.arrange();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.submitter) this.choose(event.submitter);
    });
  }

  say(text) {
    this.state.textContent = text;
    this.footer.classList.toggle("busy", text !== "");
  }

  arrange() {
    this.form.classList.toggle("stacked", isStacked(this.words, screenNow()));
  }

  async begin() {
    const waiting = this.shelf.read(); // left behind by a crash, or by a window that was closed
    if (waiting) {
      await this.deliver(waiting);
    } else {
      await this.show();
    }
  }

  async show() {
    this.say(this.words.loading);
    try {
      await Promise.all([...this.form.querySelectorAll("img")].map((image) => this.decoded(image)));
    } catch {
      await this.send(this.words.unloadable, { trial: this.form.elements.trial.value });
      await this.onward();
      return;
    }
    this.form.classList.add("shown");
    await painted();
    this.shownAt = performance.now();
    this.answers.forEach((answer) => { answer.disabled = false; });
    this.say("");
  }

  // A picture counts as broken only where the server can be reached and it still does not decode.
  async decoded(image) {
    const address = image.src;
    for (let attempt = 0, failures = 0; ; attempt += 1) {
      try {
        await image.decode();
        return;
      } catch (error) {
        if (await reachable(address)) failures += 1;
        else this.say(this.words.offline);
        if (failures > RETRIES) throw error;
      }
      await patience(attempt);
      image.src = `${address}?again=${attempt + 1}`; // browsers remember a failure by its address
    }
  }

  choose(answer) {
    if (this.answered || this.shownAt === null) return;
    const response = performance.now() - this.shownAt;
    if (response < GUARD_MS) return;
    this.answered = true;
    const { width, height, pixel_ratio } = screenNow();
    const vote = {
      trial: this.form.elements.trial.value,
      choice: answer.value,
      client_uuid: uuid4(),
      response_ms: Math.round(response),
      width,
      height,
      pixel_ratio,
      layout: this.form.classList.contains("stacked") ? "stacked" : "beside",
    };
    this.shelf.put(vote);
    answer.classList.add("chosen");
    this.say(this.words.saving);
    this.deliver(vote);
  }

  async deliver(vote) {
    const answer = await this.send(this.words.vote, vote);
    this.shelf.clear();
    if (answer.ok) turnTo(answer.text); // what comes next
    else await this.onward();
  }

  send(address, fields) {
    const body = new URLSearchParams(new FormData(this.form));
    Object.entries(fields).forEach(([name, value]) => body.set(name, value));
    const headers = { "X-Requested-With": "fetch" };
    return insist(address, { method: "POST", body, headers }, () => this.say(this.words.unsent));
  }

  // The next page takes this one's place once it is here: while there is no connection the trial
  // stays on the screen, and Back never leads to an answered question.
  async onward() {
    const page = await insist(window.location.href, {}, () => this.say(this.words.offline));
    if (page.ok) {
      turnTo(page.text);
    } else {
      window.location.reload();
    }
  }
}

function turnTo(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  page.querySelectorAll("noscript").forEach((element) => element.remove());
  document.body.replaceWith(page.body);
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus(); // so that screen readers read what is new
  begin();
}

function begin() {
  const main = document.querySelector("main[data-vote]");
  trial = main && new Trial(main);
  if (trial) trial.begin();
}

function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  });
}

// crypto.randomUUID is missing on plain http, where many labs run their studies.
function uuid4() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

document.addEventListener("keydown", (event) => {
  if (!trial || event.altKey || event.ctrlKey || event.metaKey) return;
  const answer = trial.answers.find((one) => one.value === KEYS[event.key]);
  if (answer) {
    event.preventDefault();
    answer.focus();
  } else if (event.key === "Enter" && event.repeat) {
    event.preventDefault(); // a key held down is one answer
  }
});

window.addEventListener("resize", () => { if (trial) trial.arrange(); });

// A page that a browser kept alive behind others is out of date when it is shown again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

begin();
