// Asks for another window where this one does not do, and tells the server what it is like.
import { refusal, screenNow } from "./screen.js";

const form = document.querySelector("form");
const gate = form.querySelector(".gate");
const offer = form.querySelector(".offer");

function look() {
  const screen = screenNow();
  Object.entries(screen).forEach(([name, value]) => { form.elements[name].value = value; });
  const refused = refusal(form.dataset, screen);
  gate.hidden = !refused;
  offer.hidden = Boolean(refused);
  for (const part of gate.querySelectorAll("[data-refused]")) {
    part.hidden = part.dataset.refused !== refused;
  }
  gate.querySelectorAll(".now").forEach((place) => {
    place.textContent = `${screen.width} × ${screen.height}`;
  });
}

look();
window.addEventListener("resize", look);

// A double click begins one session, not two.
let sent = false;
form.addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
});
window.addEventListener("pageshow", () => { sent = false; });
