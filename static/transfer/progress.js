// Updates the counts and the pace of a batch page while its stimuli are made and measured. The page works without it.
"use strict";

const EVERY = 3000; // milliseconds

async function refresh(section) {
  let counts;
  try {
    const response = await fetch(section.dataset.progress, { credentials: "same-origin" });
    if (!response.ok || response.redirected) return; // logged out: the next click asks for a login
    counts = await response.json();
  } catch {
    setTimeout(refresh, EVERY, section); // the server may be restarting
    return;
  }
  for (const place of section.querySelectorAll("[data-count]")) {
    place.textContent = counts[place.dataset.count];
  }
  section.querySelector("[data-pace]").textContent = counts.pace;
  section.querySelector("progress").value = counts.done + counts.failed;
  if (counts.running > 0) section.querySelector(".notice.warning")?.remove();
  if (counts.pending + counts.running > 0) setTimeout(refresh, EVERY, section);
  else location.reload(); // all have ended: show them
}

for (const section of document.querySelectorAll("[data-progress]")) {
  setTimeout(refresh, EVERY, section);
}
