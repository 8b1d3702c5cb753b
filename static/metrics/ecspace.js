// The scatter of the EC space. A card shows the stimulus under the pointer, or the one chosen with the
// arrow keys. The page holds the data as JSON; figures.js draws it and sets the colours.
"use strict";

(() => {
  const NEAR = 14; // pixels from a point at which the pointer is on it
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const figure = read("figure-ecspace");
  const stimuli = read("ecspace-stimuli");
  const plot = document.getElementById("scatter");
  const card = document.getElementById("stimulus-card");
  const scores = document.getElementById("scores-choice");
  const filters = {
    method: document.getElementById("method-filter"),
    content: document.getElementById("content-filter"),
    style: document.getElementById("style-filter"),
  };
  const hovers = window.matchMedia("(hover: hover) and (min-width: 40.01rem)");
  let focused = -1;

  // Every stimulus once: its trace, its scores in both ways, and its labels.
  const all = figure.data.flatMap((trace, curve) =>
    trace.x.map((x, at) => {
      const [content, style, weight, cWithin, eWithin] = stimuli.rows[curve][at];
      return {
        curve, id: trace.customdata[at], method: trace.legendgroup, weight,
        content: stimuli.contents[content], style: stimuli.styles[style],
        paper: [x, trace.y[at]], within: cWithin === null ? null : [cWithin, eWithin],
      };
    }),
  );
  const byCurve = figure.data.map(() => []);
  for (const one of all) byCurve[one.curve].push(one);
  const isWithin = () => scores?.value === "within";
  const place = (one) => (isWithin() ? one.within : one.paper);

  const address = (pattern, { id }) => pattern.replace("{id}", id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));

  function describe({ method, content, style, weight }) {
    return `${method}${weight === null ? "" : ` at ${weight}`}, content ${content}, style ${style}`;
  }

  // Whether the filters leave a stimulus, and it has a score.
  function filter() {
    const wanted = Object.entries(filters).filter(([, choice]) => choice.value !== "");
    return (one) => Boolean(place(one)) && wanted.every(([name, choice]) => one[name] === choice.value);
  }

  // The stimuli of visible methods that the filters leave.
  function chosen() {
    const isLeft = filter();
    return byCurve.flatMap((own, curve) =>
      plot.data?.[curve]?.visible === "legendonly" ? [] : own.filter(isLeft));
  }

  function show(one) {
    const image = card.querySelector("img");
    const label = card.querySelector("span");
    const [c, e] = place(one);
    card.href = address(stimuli.page, one);
    image.src = address(stimuli.picture, one);
    image.alt = "";
    image.hidden = false;
    label.textContent = `${describe(one)}: C ${c.toFixed(2)}, E ${e.toFixed(2)}`;
    label.classList.remove("muted");
    mark(one);
  }

  // On wide screens the card is beside the point, elsewhere below the figure.
  function mark(one) {
    const { x, y } = projection()(one);
    let ring = plot.querySelector(".ring");
    if (!ring) {
      ring = document.createElement("span");
      ring.className = "ring";
      plot.append(ring);
    }
    ring.style.left = `${x}px`;
    ring.style.top = `${y}px`;
    card.classList.toggle("floating", hovers.matches);
    if (!hovers.matches) return;
    const right = x > plot.clientWidth / 2;
    card.style.left = right ? "" : `${x + 18}px`;
    card.style.right = right ? `${plot.clientWidth - x + 18}px` : "";
    card.style.top = `${Math.min(Math.max(y - 60, 0), plot.clientHeight - 140)}px`;
  }

  // From a stimulus to pixels of the figure, as it is zoomed now.
  function projection() {
    const { xaxis, yaxis } = plot._fullLayout;
    const along = (axis) => {
      const [low, high] = axis.range;
      return (value) => ((value - low) / (high - low)) * axis._length;
    };
    const [across, up] = [along(xaxis), along(yaxis)];
    const bottom = yaxis._offset + yaxis._length;
    return (one) => {
      const [c, e] = place(one);
      return { x: xaxis._offset + across(c), y: bottom - up(e) };
    };
  }

  function nearest(event) {
    const box = plot.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = null;
    let least = NEAR ** 2;
    const toPixels = projection();
    for (const one of shown) {
      const at = toPixels(one);
      const distance = (at.x - x) ** 2 + (at.y - y) ** 2;
      if (distance < least) [best, least] = [one, distance];
    }
    return best;
  }

  // In the order of their C, which only the arrow keys need.
  function walk(step) {
    if (!shown.length) return;
    if (!sorted) shown.sort((one, other) => place(one)[0] - place(other)[0]);
    sorted = true;
    focused = (focused + step + shown.length) % shown.length;
    show(shown[focused]);
  }

  let shown = [];
  let sorted = false;
  function choose() {
    shown = chosen();
    sorted = false;
  }

  function current() {
    choose();
    const isLeft = filter();
    const data = figure.data.map((trace, curve) => {
      return { ...trace, ...coordinates(byCurve[curve].filter(isLeft)), hoverinfo: "skip", visible: plot.data?.[curve]?.visible };
    });
    if (!isWithin()) return { data, layout: { ...figure.layout, hovermode: false } };
    const axis = (of, text) => ({ ...of, range: undefined, autorange: true, title: { text } });
    const layout = {
      ...figure.layout, hovermode: false, shapes: [], title: { text: `${figure.layout.title.text} · within content and style` },
      xaxis: axis(figure.layout.xaxis, "C score within pairs (content kept)"),
      yaxis: axis(figure.layout.yaxis, "E score within pairs (style carried)"),
    };
    return { data, layout };
  }

  const coordinates = (own) => ({
    x: own.map((one) => place(one)[0]), y: own.map((one) => place(one)[1]), customdata: own.map(({ id }) => id),
  });

  // Axes without a range, for points on a canvas, which plotly does not see.
  function ranged({ data, layout }) {
    const span = (values) => {
      // Not Math.min(...values): a call takes no hundred thousand arguments.
      const low = values.reduce((least, value) => Math.min(least, value), Infinity);
      const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
      const room = 0.05 * (high - low) || 0.5;
      return [low - room, high + room];
    };
    if (layout.xaxis.range) return { data, layout };
    const [x, y] = ["x", "y"].map((name) => span(data.flatMap((trace) => trace[name])));
    return {
      data,
      layout: { ...layout, xaxis: { ...layout.xaxis, range: x, autorange: false }, yaxis: { ...layout.yaxis, range: y, autorange: false } },
    };
  }

  function hide() {
    plot.querySelector(".ring")?.remove();
    card.classList.remove("floating");
  }

  const draw = () => {
    focused = -1;
    hide();
    return ecFigures.draw(plot, ranged(current()));
  };

  draw().then(() => {
    plot.dataset.ready = "true";
    plot.on("plotly_restyle", choose);
    plot.on("plotly_relayout", hide);
  });

  let pressed = null;
  plot.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" || event.buttons) return;
    const one = nearest(event);
    plot.classList.toggle("on-point", Boolean(one));
    if (one) show(one);
    else hide();
  });
  plot.addEventListener("pointerleave", hide);
  plot.addEventListener("pointerdown", (event) => { pressed = event; }, true);
  window.addEventListener("pointerup", (event) => {
    if (!pressed || Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) > 4) return;
    const one = nearest(event);
    // Touch screens have no hover: a touch shows the card, which links to the stimulus.
    if (one && event.pointerType === "mouse") location.href = address(stimuli.page, one);
    else if (one) show(one);
    pressed = null;
  }, true);
  plot.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") walk(1);
    else if (event.key === "ArrowLeft") walk(focused < 0 ? 0 : -1);
    else if (event.key === "Enter" && focused >= 0) location.href = card.href;
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
  });
  for (const choice of Object.values(filters)) choice.addEventListener("change", draw);
  scores?.addEventListener("change", () => {
    for (const part of document.querySelectorAll("[data-scores]")) {
      part.hidden = part.dataset.scores !== scores.value;
      const inside = part.hidden ? null : part.querySelector(".plot");
      if (inside) Plotly.Plots.resize(inside);
    }
    draw();
  });
  ecFigures.onChange(draw);
})();
