// Refreshes the monitor: replaces the parts that have changed. It stops while the page is hidden, and
// when the study has closed. The page works without it.
"use strict";

(() => {
  const EVERY = 10000; // milliseconds
  const monitor = document.getElementById("monitor");
  let timer = null;

  function replace(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const part of page.querySelectorAll("[data-part]")) {
      const shown = monitor.querySelector(`[data-part="${part.dataset.part}"]`);
      if (shown && shown.innerHTML !== part.innerHTML) shown.replaceChildren(...part.childNodes);
    }
  }

  async function refresh() {
    try {
      const response = await fetch(monitor.dataset.live, { credentials: "same-origin" });
      if (!response.ok || response.redirected) return; // logged out: the next click asks for a login
      replace(await response.text());
    } catch {
      // No connection, or the server restarts: the next time may succeed.
    }
    later();
  }

  function later() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(refresh, EVERY);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else refresh();
  });
  document.querySelector(".refresh").hidden = false;
  later();
})();
