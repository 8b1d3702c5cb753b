// Shows the present state of the workers every ten seconds. The page works without it.
"use strict";

const EVERY = 10000; // milliseconds

async function refresh(section) {
  try {
    const response = await fetch(section.dataset.refresh, { credentials: "same-origin" });
    if (!response.ok || response.redirected) return; // logged out: the next click asks for a login
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    section.replaceChildren(...page.getElementById(section.id).childNodes);
  } catch {
    // the server may be restarting
  }
  setTimeout(refresh, EVERY, section);
}

const section = document.getElementById("workers");
setTimeout(refresh, EVERY, section);
