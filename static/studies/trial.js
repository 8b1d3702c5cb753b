// Runs the trials of a session: shows three pictures at once, takes one answer, delivers it, and
// shows the next page.
import { AnswerStore, insist, isOurs, patience, reachable } from "./delivery.js";
import { isStacked, screenNow } from "./screen.js";

const RETRIES = 3;
const GUARD_MS = 200; // the second click of a double click must not answer the next trial
const REFUSALS = 3; // responses with 403 before the page is loaded again
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
    this.store = new AnswerStore(`vote ${this.words.vote}`);
    this.shownAt = null;
    this.hiddenAt = null; // since when the page is hidden
    this.hiddenFor = 0; // milliseconds for which it was hidden, such as behind another tab
    this.answered = false;
    this.arrange();
    this.form.addEventListener("submit", (event) => event.preventDefault());
    // Clicks, because SubmitEvent.submitter is missing in Safari before 15.4.
    this.answers.forEach((answer) => {
      answer.addEventListener("click", () => this.choose(answer));
    });
  }

  say(text) {
    this.state.textContent = text;
    this.footer.classList.toggle("busy", text !== "");
  }

  arrange() {
    const stacked = isStacked(this.words, screenNow());
    this.form.classList.toggle("stacked", stacked);
    const names = stacked ? ["upper", "lower"] : ["left", "right"];
    names.forEach((name, place) => {
      this.answers[place].setAttribute("aria-label", this.words[name]);
    });
  }

  // The pointer rests where the last picture was clicked: a frame there would favour one side.
  pointed(event) {
    if (this.shownAt === null || (event.movementX === 0 && event.movementY === 0)) return;
    this.form.classList.add("pointed");
  }

  async begin() {
    const waiting = this.store.read(); // of a crashed or closed window
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
    if (document.hidden) this.hiddenAt = this.shownAt;
    this.answers.forEach((answer) => { answer.disabled = false; });
    this.say("");
    this.lookAhead();
  }

  // Fetches the pictures of the next trial while this one is looked at. Where that fails, they are
  // fetched with their trial.
  async lookAhead() {
    if (!this.words.ahead) return;
    try {
      const body = new URLSearchParams(new FormData(this.form));
      const response = await fetch(this.words.ahead, { method: "POST", body });
      if (!response.ok) return;
      const { pictures } = await response.json();
      this.ahead = pictures.map((address) => {
        const image = new Image();
        image.src = address;
        return image;
      });
    } catch {
      // No connection, or the page of a network's login.
    }
  }

  // Notes when the page is hidden and shown again.
  visibility() {
    if (this.shownAt === null) return;
    if (document.hidden) {
      this.hiddenAt = performance.now();
    } else if (this.hiddenAt !== null) {
      this.hiddenFor += performance.now() - this.hiddenAt;
      this.hiddenAt = null;
    }
  }

  // A picture has failed if the server can be reached and the picture still cannot be decoded.
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
      image.src = `${address}?again=${attempt + 1}`; // browsers cache a failure by address
    }
  }

  choose(answer) {
    if (this.answered || this.shownAt === null) return;
    const response = performance.now() - this.shownAt - this.hiddenFor;
    if (response < GUARD_MS) return;
    this.answered = true;
    const { width, height, pixel_ratio } = screenNow();
    const vote = {
      trial: this.form.elements.trial.value,
      choice: answer.value,
      client_uuid: uuid4(),
      response_ms: Math.round(response),
      hidden_ms: Math.round(this.hiddenFor),
      width,
      height,
      pixel_ratio,
      layout: this.form.classList.contains("stacked") ? "stacked" : "beside",
    };
    this.store.put(vote);
    answer.classList.add("chosen");
    this.say(this.words.saving);
    this.deliver(vote);
  }

  async deliver(vote) {
    let answer = await this.send(this.words.vote, vote, isOurs);
    for (let refusals = 1; answer.status === 403 && refusals < REFUSALS; refusals += 1) {
      await this.renewToken();
      answer = await this.send(this.words.vote, vote, isOurs);
    }
    if (answer.status === 403) { // the answer stays stored, and is sent once the page is reloaded
      this.say(this.words.refused);
      return;
    }
    this.store.clear();
    if (answer.ok) showPage(answer.text);
    else await this.onward();
  }

  // A login or logout in another window changes the browser's CSRF token; the server then refuses
  // the token of this page with 403, and a new page has the new token.
  async renewToken() {
    const page = await this.requestPage();
    const field = parsed(page.text).querySelector("input[name=csrfmiddlewaretoken]");
    if (field) this.form.elements.csrfmiddlewaretoken.value = field.value;
  }

  send(address, fields, accepts) {
    const body = new URLSearchParams(new FormData(this.form));
    Object.entries(fields).forEach(([name, value]) => body.set(name, value));
    const headers = { "X-Requested-With": "fetch" };
    const waiting = () => this.say(this.words.unsent);
    return insist(address, { method: "POST", body, headers }, waiting, accepts);
  }

  requestPage() {
    const waiting = () => this.say(this.words.offline);
    return insist(window.location.href, {}, waiting, isOurs);
  }

  // The next page replaces this one when it has arrived: without a connection the trial stays on the
  // screen, and the Back button never leads to an answered trial.
  async onward() {
    const page = await this.requestPage();
    if (page.ok) {
      showPage(page.text);
    } else {
      window.location.reload();
    }
  }
}

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

function showPage(text) {
  const page = parsed(text);
  page.querySelectorAll("noscript").forEach((element) => element.remove());
  document.body.replaceWith(page.body);
  const take = document.querySelector("[data-take]");
  if (take && window.location.pathname !== take.dataset.take) { // after a change of an answer
    window.history.replaceState(null, "", take.dataset.take);
  }
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus(); // so that screen readers read the new page
  begin();
}

// After a practice trial: the pictures stay where they were, with a mark.
function arrangeFeedback() {
  const main = document.querySelector("main.feedback");
  if (!main) return;
  const stacked = isStacked(main.dataset, screenNow());
  main.querySelector(".stage").classList.toggle("stacked", stacked);
}

function begin() {
  const main = document.querySelector("main[data-vote]");
  trial = main && new Trial(main);
  if (trial) trial.begin();
  else arrangeFeedback();
}

function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  });
}

// crypto.randomUUID is missing on plain http, which many laboratories use.
function uuid4() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const onward = document.querySelector(".onward");
  if (onward && event.key === "Enter" && !event.repeat && document.activeElement.matches("h1, body")) {
    event.preventDefault();
    onward.click();
  }
  if (!trial) return;
  const answer = trial.answers.find((one) => one.value === KEYS[event.key]);
  if (answer) {
    event.preventDefault();
    answer.focus();
  } else if (event.key === "Enter" && event.repeat) {
    event.preventDefault(); // a key held down is one answer
  }
});

document.addEventListener("visibilitychange", () => { if (trial) trial.visibility(); });
document.addEventListener("pointermove", (event) => { if (trial) trial.pointed(event); });
window.addEventListener("resize", () => {
  if (trial) trial.arrange();
  else arrangeFeedback();
});

// A page from the browser's back/forward cache is out of date.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

begin();
