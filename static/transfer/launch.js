// Says what a batch would be while it is composed. Without scripts the button "Preview" does this.
"use strict";

(() => {
  const PAUSE = 400; // milliseconds without a change before the preview is requested
  const form = document.getElementById("launch");
  const boxes = (name) => [...form.querySelectorAll(`input[name="${name}"]`)];

  function count() {
    for (const name of ["methods", "contents", "styles"]) {
      const chosen = boxes(name).filter((box) => box.checked).length;
      form.querySelector(`[data-chosen="${name}"]`).textContent = `${chosen} chosen`;
    }
  }

  let timer = null;
  let asked = 0;

  async function ask() {
    asked += 1;
    const number = asked;
    try {
      const body = new URLSearchParams(new FormData(form));
      const response = await fetch(form.dataset.preview, { method: "POST", body });
      if (!response.ok || response.redirected) return; // logged out, or an account that only views
      const found = new DOMParser().parseFromString(await response.text(), "text/html");
      if (number !== asked) return; // an answer to earlier values comes too late
      for (const part of found.querySelectorAll("[data-part]")) {
        form.querySelector(`[data-part="${part.dataset.part}"]`).replaceChildren(...part.childNodes);
      }
    } catch {
      // No connection: the next change asks again.
    }
  }

  function changed() {
    count();
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  for (const [attribute, checked] of [["data-all", true], ["data-none", false]]) {
    for (const button of form.querySelectorAll(`[${attribute}]`)) {
      button.hidden = false;
      button.addEventListener("click", () => {
        for (const box of boxes(button.getAttribute(attribute))) box.checked = checked;
        changed();
      });
    }
  }
  form.querySelector(".check").hidden = true;
  form.addEventListener("input", changed);
  count();
  ask();
})();
