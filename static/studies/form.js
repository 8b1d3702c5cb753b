// The form of a study: one step at a time, the plan while it is filled in, and templates that fill
// fields. Without scripts the form is one page, and the button "Check the plan" shows the plan.
"use strict";

(() => {
  const PAUSE = 350; // milliseconds without a change before the plan is requested
  const form = document.getElementById("study-form");
  const steps = [...form.querySelectorAll(".step")];
  const links = [...form.querySelectorAll(".step-links a")];
  const plan = form.querySelector(".plan");

  // Steps

  function stepOf(element) {
    return Math.max(0, steps.findIndex((step) => step.contains(element)));
  }

  function show(number) {
    steps.forEach((step, place) => { step.hidden = place !== number; });
    links.forEach((link, place) => {
      if (place === number) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    });
  }

  function turned() {
    const place = steps.findIndex((step) => `#${step.id}` === location.hash);
    if (place >= 0) {
      show(place);
      form.scrollIntoView();
    }
  }

  function reveal(element) {
    show(stepOf(element));
    const fold = element.closest("details");
    if (fold) fold.open = true;
  }

  function begin() {
    const wrong = form.querySelector(".errorlist, .objections li");
    show(wrong ? stepOf(wrong) : Math.max(0, steps.findIndex((s) => `#${s.id}` === location.hash)));
    form.querySelectorAll(".turn").forEach((part) => { part.hidden = false; });
    window.addEventListener("hashchange", turned);
    // A browser cannot show its message at a field of a step that is hidden.
    form.addEventListener("invalid", (event) => {
      if (form.querySelector(":invalid") === event.target) reveal(event.target);
    }, true);
    // Enter in a field would send the whole form from its first step.
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input:not([type=submit])")) {
        event.preventDefault();
      }
    });
  }

  // The plan

  function label(name) {
    const field = form.querySelector(`[data-field="${name}"]`);
    return field.querySelector("label, legend").textContent.replace(/:$/, "");
  }

  function item(text) {
    const made = document.createElement("li");
    made.textContent = text;
    return made;
  }

  function linkTo(name) {
    const made = document.createElement("a");
    made.href = `#id_${name}`;
    made.textContent = label(name);
    made.addEventListener("click", (event) => {
      event.preventDefault();
      const field = form.querySelector(`[data-field="${name}"]`);
      reveal(field);
      field.querySelector("input, select, textarea").focus();
      field.scrollIntoView({ block: "center" });
    });
    return made;
  }

  function tell({ line, objections }) {
    plan.querySelector(".line").textContent = line
      || "appears here when question, batches and numbers are given";
    const verdict = plan.querySelector(".verdict");
    verdict.classList.toggle("problem", objections.length > 0);
    verdict.replaceChildren();
    if (objections.length) {
      verdict.append(`It cannot open yet. ${objections.length} objection${objections.length > 1 ? "s" : ""}: `);
      objections.forEach(({ field }, place) => {
        if (place) verdict.append(", ");
        verdict.append(linkTo(field));
      });
    } else if (line) {
      verdict.textContent = "Nothing speaks against it.";
    }
    form.querySelectorAll("[data-objections]").forEach((list) => {
      const here = objections.filter(({ field }) => field === list.dataset.objections);
      list.replaceChildren(...here.map(({ text }) => item(text)));
      const fold = list.closest("details");
      if (here.length && fold) fold.open = true;
    });
  }

  let timer = null;
  let asked = 0;

  async function ask() {
    asked += 1;
    const number = asked;
    try {
      const body = new URLSearchParams(new FormData(form));
      const response = await fetch(form.dataset.plan, { method: "POST", body });
      if (!response.ok || response.redirected) return; // logged out: saving asks for a login
      const found = await response.json();
      if (number === asked) tell(found); // an answer to earlier values comes too late
    } catch {
      // No connection: the next change asks again.
    }
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  // Templates fill fields, and keep what they do not name.
  function fill(event) {
    event.preventDefault();
    const values = JSON.parse(event.currentTarget.dataset.values);
    Object.entries(values).forEach(([name, value]) => {
      const field = form.elements[name];
      if (field.type === "checkbox") field.checked = value;
      else field.value = value;
    });
    document.querySelectorAll(".presets a").forEach((link) => {
      link.setAttribute("aria-pressed", String(link === event.currentTarget));
    });
    later();
  }

  if (steps.length > 1) begin();
  if (plan) {
    plan.querySelector(".check").hidden = true;
    form.addEventListener("input", later);
    document.querySelectorAll(".presets a").forEach((link) => {
      link.setAttribute("role", "button");
      link.addEventListener("click", fill);
    });
    ask();
  }
})();
