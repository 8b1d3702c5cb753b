// Counts the stimuli while a batch is composed. Without scripts the button "Count only" does this.
"use strict";

const form = document.getElementById("launch");
const boxes = (name) => [...form.querySelectorAll(`input[name="${name}"]`)];

function count() {
  const chosen = {};
  for (const name of ["methods", "contents", "styles"]) {
    chosen[name] = boxes(name).filter((box) => box.checked).length;
    form.querySelector(`[data-chosen="${name}"]`).textContent = `${chosen[name]} chosen`;
  }
  const weights = form.elements.style_weights.value.split(/[\s,]+/).filter(Boolean).length || 1;
  const samples = Number(form.elements.samples.value);
  const number = samples
    ? chosen.methods * samples
    : chosen.methods * weights * chosen.contents * chosen.styles;
  document.getElementById("number").textContent =
    number === 1 ? "1 stimulus" : `${weights > 1 ? "up to " : ""}${number} stimuli`;
}

for (const [attribute, checked] of [["data-all", true], ["data-none", false]]) {
  for (const button of form.querySelectorAll(`[${attribute}]`)) {
    button.hidden = false;
    button.addEventListener("click", () => {
      for (const box of boxes(button.getAttribute(attribute))) box.checked = checked;
      count();
    });
  }
}
form.addEventListener("input", count);
count();
