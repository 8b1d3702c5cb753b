// Shows a report when it is written: the list is loaded again when the state of a waiting one changes.
"use strict";

(() => {
  const EVERY = 2000; // milliseconds
  const section = document.querySelector("[data-reports]");

  async function look() {
    try {
      const response = await fetch(section.dataset.reports, { credentials: "same-origin" });
      if (!response.ok || response.redirected) return; // logged out: the next click asks for a login
      const { running, open } = await response.json();
      if (`${running}/${open}` !== section.dataset.known) return location.reload();
    } catch {
      // The server may be restarting.
    }
    setTimeout(look, EVERY);
  }

  setTimeout(look, EVERY);
})();
