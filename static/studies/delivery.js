// Gets an answer to the server whatever the network does. It is kept in the browser until the
// server has it, and what is sent twice is one answer there.
const PATIENCE_MS = [500, 1000, 2000, 4000, 8000];
const SILENCE_MS = 15_000; // a connection that says nothing for so long is dead

// Waits before trial number `attempt`; a network that comes back ends the wait.
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

// Asks until the server has answered: 2xx is done, 4xx will not change by asking again, but for 429,
// "too many at once". `waiting` is called before every wait.
export async function insist(address, options, waiting) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const signal = AbortSignal.timeout(SILENCE_MS);
      const response = await fetch(address, { ...options, signal });
      const text = await response.text();
      if (response.status < 500 && response.status !== 429) return { ok: response.ok, text };
    } catch {
      // No connection, or one that broke off.
    }
    waiting();
    await patience(attempt);
  }
}

// Whether the server answers at all.
export async function reachable(address) {
  try {
    const signal = AbortSignal.timeout(SILENCE_MS);
    await fetch(address, { method: "HEAD", cache: "no-store", signal });
    return true;
  } catch {
    return false;
  }
}

// Where one session's answer waits. A browser that forbids storage still delivers; the answer then
// lives as long as the page.
export class Shelf {
  constructor(name) {
    this.name = name;
  }

  put(vote) {
    try {
      localStorage.setItem(this.name, JSON.stringify(vote));
    } catch {
      // Nothing to keep it in.
    }
  }

  clear() {
    try {
      localStorage.removeItem(this.name);
    } catch {
      // There is nothing.
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
