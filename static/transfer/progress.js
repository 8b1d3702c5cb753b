// Updates the counts, the pace and the pictures of a batch page while its stimuli are made and measured.
// The page works without it.
"use strict";

const EVERY = 3000; // milliseconds

const shown = { done: document.querySelector("#progress [data-count=done]")?.textContent ?? 0 };

/** Puts the pictures that were made meanwhile in the places that wait for them. */
async function showNew() {
  const response = await fetch(location.href, { credentials: "same-origin" });
  if (!response.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const items = [...fresh.querySelectorAll(".thumbs > li")];
  document.querySelectorAll(".thumbs > li").forEach((item, place) => {
    const link = item.querySelector("a")?.href;
    const made = items[place]?.querySelector("img");
    if (!made || items[place].querySelector("a").href !== link) return;
    item.querySelector("a .empty")?.replaceWith(document.adoptNode(made));
  });
}

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
  if (section.id === "progress" && counts.done > Number(shown.done)) {
    shown.done = counts.done;
    showNew().catch(() => {}); // the last reload shows them, too
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
