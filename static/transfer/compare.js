// Compare pictures at one size: a common zoom and place, flicker, and a slider. Without scripts the page
// shows the chosen pictures side by side.
"use strict";

(() => {
  const MOST = 16; // times the whole picture
  const STEP = 1.4;
  const PERIOD = 700; // milliseconds between two pictures
  const tools = document.getElementById("tools");
  const panes = document.getElementById("panes");
  const stage = document.getElementById("stage");
  const boxes = [...document.querySelectorAll('#methods [name="stimulus"]')];
  const first = document.getElementById("first");
  const second = document.getElementById("second");
  const flick = document.getElementById("flick");
  const share = document.getElementById("share");
  const over = stage.querySelector(".over");
  const under = stage.querySelector(".under");
  const views = () => [...document.querySelectorAll(".view")];
  const pane = (key) => panes.querySelector(`[data-key="${key}"]`);
  const mode = () => tools.querySelector('[name="mode"]:checked').value;

  // Part of the picture that every view shows: scale, and the corner as a share of the picture.
  const window_ = { scale: 1, x: 0, y: 0 };

  function place() {
    const most = 1 - 1 / window_.scale;
    window_.x = Math.min(Math.max(window_.x, 0), most);
    window_.y = Math.min(Math.max(window_.y, 0), most);
    for (const view of views()) {
      view.classList.toggle("zoomed", window_.scale > 1);
      view.classList.toggle("sharp", window_.scale >= 4);
      for (const image of view.querySelectorAll("img")) {
        image.style.transform = `scale(${window_.scale}) translate(${-100 * window_.x}%, ${-100 * window_.y}%)`;
      }
    }
    document.getElementById("scale").textContent = `${Math.round(100 * window_.scale)} %`;
    slide();
  }

  // Zoom by a factor about a point of the view, 0 … 1 across and down.
  function zoom(factor, [across, down] = [0.5, 0.5]) {
    const before = window_.scale;
    window_.scale = Math.min(Math.max(before * factor, 1), MOST);
    window_.x += across / before - across / window_.scale;
    window_.y += down / before - down / window_.scale;
    place();
  }

  function move(across, down) {
    window_.x += across / window_.scale;
    window_.y += down / window_.scale;
    place();
  }

  const within = (view, event) => {
    const box = view.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };

  function listen(view) {
    const pointers = new Map();
    const spread = () => {
      const [one, other] = [...pointers.values()];
      return Math.hypot(one[0] - other[0], one[1] - other[1]);
    };
    view.addEventListener("pointerdown", (event) => {
      pointers.set(event.pointerId, within(view, event));
      if (window_.scale > 1) view.setPointerCapture(event.pointerId);
    });
    view.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const now = within(view, event);
      const apart = pointers.size === 2 ? spread() : 0;
      pointers.set(event.pointerId, now);
      if (pointers.size === 2) zoom(spread() / (apart || 1), now);
      else move(before[0] - now[0], before[1] - now[1]);
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
      view.addEventListener(name, (event) => pointers.delete(event.pointerId));
    }
    view.addEventListener("dblclick", (event) => zoom(window_.scale > 3 ? 0 : 2, within(view, event)));
    view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      zoom(event.deltaY < 0 ? STEP : 1 / STEP, within(view, event));
    }, { passive: false });
    view.addEventListener("keydown", (event) => {
      const acts = {
        "+": () => zoom(STEP), "=": () => zoom(STEP), "-": () => zoom(1 / STEP), 0: () => zoom(0),
        ArrowLeft: () => move(-0.1, 0), ArrowRight: () => move(0.1, 0),
        ArrowUp: () => move(0, -0.1), ArrowDown: () => move(0, 0.1),
        " ": () => mode() !== "beside" && swap(),
      };
      if (!(event.key in acts) || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      acts[event.key]();
    });
  }

  // The chosen methods are shown, their files loaded when they first are, and the address follows.
  function choose() {
    for (const box of boxes) {
      const shown = pane(box.value);
      const image = shown.querySelector("img");
      shown.hidden = !box.checked;
      if (box.checked && image.dataset.src) {
        image.src = image.dataset.src;
        delete image.dataset.src;
      }
    }
    const query = new URLSearchParams(new FormData(document.getElementById("methods")));
    history.replaceState(null, "", `?${query}`);
    offer();
  }

  // A and B are among the pictures that are shown.
  function offer() {
    const shown = [...panes.querySelectorAll(".pane:not([hidden])")];
    const stimuli = shown.filter(({ dataset }) => !["content", "style"].includes(dataset.key));
    const initial = [stimuli[0] || shown[0], stimuli[1] || shown[0]];
    [first, second].forEach((list, at) => {
      const before = list.value;
      list.replaceChildren(...shown.map(({ dataset }) => new Option(dataset.name, dataset.key)));
      list.value = shown.some(({ dataset }) => dataset.key === before) ? before : initial[at].dataset.key;
    });
    arrange();
  }

  let timer = null;
  let isFirst = true;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  function arrange() {
    const beside = mode() === "beside";
    tools.querySelector(".two").hidden = beside;
    stage.hidden = beside;
    panes.hidden = !beside;
    flick.hidden = mode() !== "flicker";
    share.parentElement.hidden = mode() !== "slider";
    over.src = pane(first.value).querySelector("img").src;
    under.src = pane(second.value).querySelector("img").src;
    show(true);
    run(mode() === "flicker" && !still.matches);
    place();
  }

  function show(isA) {
    isFirst = isA;
    if (mode() === "flicker") over.style.visibility = isA ? "visible" : "hidden";
    else over.style.visibility = "visible";
    caption();
  }

  function caption() {
    const names = [first, second].map((list) => pane(list.value).dataset.name);
    const text = mode() === "slider" ? `A ${names[0]} | B ${names[1]}` : isFirst ? `A ${names[0]}` : `B ${names[1]}`;
    stage.querySelector("figcaption").textContent = text;
  }

  function run(on) {
    clearInterval(timer);
    // Changes that come by themselves are not read out.
    stage.querySelector("figcaption").setAttribute("aria-live", on ? "off" : "polite");
    timer = on ? setInterval(() => show(!isFirst), PERIOD) : null;
    flick.textContent = on ? "Pause" : "Play";
    flick.setAttribute("aria-pressed", String(on));
  }

  // The space bar: the other picture, and no further change by itself.
  function swap() {
    if (mode() === "slider") share.value = Number(share.value) > 50 ? 0 : 100;
    else run(false);
    show(!isFirst);
    slide();
  }

  // The part of A that the slider uncovers, in the coordinates of the picture as it is zoomed.
  function slide() {
    if (mode() !== "slider") {
      over.style.clipPath = "";
      return;
    }
    const edge = window_.x + Number(share.value) / 100 / window_.scale;
    over.style.clipPath = `inset(0 ${100 * (1 - edge)}% 0 0)`;
  }

  for (const view of views()) listen(view);
  for (const box of boxes) box.addEventListener("change", choose);
  for (const button of tools.querySelectorAll("[data-zoom]")) {
    const factor = { in: STEP, out: 1 / STEP, reset: 0 }[button.dataset.zoom];
    button.addEventListener("click", () => zoom(factor));
  }
  for (const radio of tools.querySelectorAll('[name="mode"]')) radio.addEventListener("change", arrange);
  for (const list of [first, second]) list.addEventListener("change", arrange);
  flick.addEventListener("click", () => run(timer === null));
  share.addEventListener("input", slide);
  document.querySelector("[data-plain]").hidden = true;
  document.getElementById("keys").hidden = false;
  tools.hidden = false;
  offer();
})();
