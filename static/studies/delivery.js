// Delivers an answer to the server over an unreliable network. The answer is stored in the browser
// until the server has confirmed it; the server takes repeated deliveries as one answer.
const PATIENCE_MS = [500, 1000, 2000, 4000, 8000];
const SILENCE_MS = 15000; // after this time without a response a request is aborted

// Waits before attempt number `attempt`; the browser's "online" event ends the wait.
export function patience(attempt) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, PATIENCE_MS[Math.min(attempt, PATIENCE_MS.length - 1)]);
    function done() {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve();
    }
    window.addEventListener("online", done);
  });
}

// Requests an address, with a time limit. AbortSignal.timeout is missing in Safari before 16.
async function request(address, options) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), SILENCE_MS);
  try {
    const response = await fetch(address, { ...options, signal: controller.signal });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } finally {
    clearTimeout(timer);
  }
}

// Whether a text is a page of this site, and not that of a network's login portal.
export function isOurs(text) {
  return text.includes("data-page=\"participant\"");
}

// Repeats a request until the server has answered it. Server errors (5xx), 429 ("too many requests")
// and pages that `accepts` refuses are repeated; other responses are final. `waiting`
// is called before every wait.
export async function insist(address, options, waiting, accepts = () => true) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const response = await request(address, options);
      const final = response.status < 500 && response.status !== 429;
      if (final && (!response.ok || accepts(response.text))) return response;
    } catch {
      // No connection, or an interrupted one.
    }
    waiting();
    await patience(attempt);
  }
}

// Whether the server responds.
export async function reachable(address) {
  try {
    await request(address, { method: "HEAD", cache: "no-store" });
    return true;
  } catch {
    return false;
  }
}

// Stores the answer of a session until it is delivered. In a browser that forbids storage the answer
// is kept only as long as the page.
export class AnswerStore {
  constructor(name) {
    this.name = name;
  }

  put(vote) {
    try {
      localStorage.setItem(this.name, JSON.stringify(vote));
    } catch {
      // Storage is forbidden or full.
    }
  }

  clear() {
    try {
      localStorage.removeItem(this.name);
    } catch {
      // Storage is forbidden.
    }
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.name));
    } catch {
      return null;
    }
  }
}
