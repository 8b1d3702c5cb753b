// Checks the window against the screen requirements, and sends its properties to the server.
import { refusal, screenNow } from "./screen.js";

const form = document.querySelector("form");
const refusalPart = form.querySelector(".refusal");
const offer = form.querySelector(".offer");

function check() {
  const screen = screenNow();
  Object.entries(screen).forEach(([name, value]) => { form.elements[name].value = value; });
  const refused = refusal(form.dataset, screen);
  refusalPart.hidden = !refused;
  offer.hidden = Boolean(refused);
  for (const part of refusalPart.querySelectorAll("[data-refused]")) {
    part.hidden = part.dataset.refused !== refused;
  }
  refusalPart.querySelectorAll(".now").forEach((place) => {
    place.textContent = `${screen.width} × ${screen.height}`;
  });
}

check();
window.addEventListener("resize", check);

// A double click must not send the form twice.
let sent = false;
form.addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
});
window.addEventListener("pageshow", () => { sent = false; });
