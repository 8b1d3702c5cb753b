// The scatter of the EC space, drawn by plotly. A card shows the stimulus under the pointer, or the
// one chosen with the arrow keys. The page holds the data as JSON; figures.js sets the colours.
"use strict";

(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const figure = read("ecspace-figure");
  const stimuli = read("ecspace-stimuli");
  const plot = document.getElementById("scatter");
  const card = document.getElementById("stimulus-card");
  const filters = { style: document.getElementById("style-filter"), method: document.getElementById("method-filter") };
  const whole = figure.data.map(({ x, y, customdata }) => ({ x, y, customdata }));
  let focused = -1;

  function describe(id) {
    const { method, content, style, weight } = stimuli[id];
    return `${method}${weight === null ? "" : ` at ${weight}`}: ${content} · ${style}`;
  }

  function show(id) {
    card.href = stimuli[id].page;
    card.querySelector("img").src = stimuli[id].picture;
    card.querySelector("img").alt = describe(id);
    card.querySelector("img").hidden = false;
    card.querySelector("span").textContent = describe(id);
    card.querySelector("span").classList.remove("muted");
  }

  // The visible points from low C to high C, for the arrow keys.
  function visible() {
    const points = [];
    plot.data.forEach((trace, curve) => {
      if (trace.visible === "legendonly") return;
      trace.x.forEach((x, point) => points.push({ x, curve, point, id: trace.customdata[point] }));
    });
    return points.sort((a, b) => a.x - b.x);
  }

  function walk(step) {
    const points = visible();
    if (!points.length) return;
    focused = (focused + step + points.length) % points.length;
    const { curve, point, id } = points[focused];
    Plotly.Fx.hover(plot, [{ curveNumber: curve, pointNumber: point }]);
    show(id);
  }

  function filtered() {
    const wanted = Object.entries(filters).filter(([, choice]) => choice.value !== "");
    const keep = (id) => wanted.every(([name, choice]) => stimuli[id][name] === choice.value);
    const kept = whole.map(({ x, y, customdata }) => {
      const at = customdata.map((id, place) => (keep(id) ? place : -1)).filter((p) => p >= 0);
      const pick = (values) => at.map((place) => values[place]);
      return { x: pick(x), y: pick(y), customdata: pick(customdata) };
    });
    focused = -1;
    Plotly.restyle(plot, {
      x: kept.map((trace) => trace.x),
      y: kept.map((trace) => trace.y),
      customdata: kept.map((trace) => trace.customdata),
    });
  }

  const draw = () => ecFigures.draw(plot, { data: plot.data || figure.data, layout: figure.layout });

  draw().then(() => {
    plot.on("plotly_hover", ({ points }) => show(points[0].customdata));
    plot.on("plotly_click", ({ points }) => {
      // Touch screens have no hover: a touch shows the card, which links to the stimulus.
      if (window.matchMedia("(hover: hover)").matches) location.href = stimuli[points[0].customdata].page;
      else show(points[0].customdata);
    });
    plot.dataset.ready = "true";
  });
  plot.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") walk(1);
    else if (event.key === "ArrowLeft") walk(focused < 0 ? 0 : -1);
    else if (event.key === "Enter" && focused >= 0) location.href = card.href;
    else return;
    event.preventDefault();
  });
  for (const choice of Object.values(filters)) choice.addEventListener("change", filtered);
  ecFigures.onChange(draw);
})();
