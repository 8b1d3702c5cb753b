// Draw the figures of a page: each .plot element names the JSON block that holds its data. Without
// scripts, the static image beside a figure remains.
"use strict";

(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const phone = window.matchMedia("(max-width: 40rem)");

  // Text and lines have the colours of the page, light or dark.
  function themed(layout, entries) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { color: colour("--text"), gridcolor: colour("--line"), linecolor: colour("--line") };
    const named = (of) => ({ ...of, ...axis, title: { ...of.title, font: { size: phone.matches ? 12 : 14 } } });
    const title = phone.matches ? layout.title.text.replaceAll(" · ", "<br>") : layout.title.text;
    return {
      ...layout,
      title: { ...layout.title, text: title, font: { size: phone.matches ? 13 : 16 } },
      font: { family: "inherit", color: colour("--text"), size: 13 },
      xaxis: named(layout.xaxis),
      yaxis: named(layout.yaxis),
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("--muted"), activecolor: colour("--text") },
      ...(phone.matches ? narrow(layout, entries, colour("--text")) : wide(layout, colour("--text"))),
    };
  }

  // The width of the numbers or the names of rows at the vertical axis.
  function beside(layout, numbers) {
    const lines = (layout.yaxis.ticktext || []).flatMap((name) => name.split("<br>"));
    return Math.max(numbers, 20 + 8 * Math.max(0, ...lines.map(({ length }) => length)));
  }

  const wide = (layout, color) => ({
    legend: { ...layout.legend, font: { color } },
    margin: { l: beside(layout, 60), r: 20, t: 56, b: 60 },
    dragmode: "zoom",
    height: 600,
  });

  // On a phone the legend has a line for every entry or two, below a plot of constant height.
  function narrow(layout, entries, color) {
    const [area, head, axis, legend] = [300, 76, 58, Math.ceil(entries / 1.4) * 20 + 10];
    return {
      legend: { ...layout.legend, font: { color, size: 11 }, x: -0.12, y: -axis / area, maxheight: legend },
      margin: { l: beside(layout, 46), r: 8, t: head, b: axis + legend, autoexpand: false },
      dragmode: false,
      height: head + area + axis + legend,
    };
  }

  // A quiet toolbar: it appears at the pointer's visit, and not at all on a phone.
  const config = () => ({
    responsive: true,
    displaylogo: false,
    displayModeBar: phone.matches ? false : "hover",
    modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
  });

  async function draw(plot, figure) {
    const hasLegend = figure.layout.showlegend !== false;
    const entries = hasLegend ? figure.data.filter(({ showlegend }) => showlegend !== false).length : 0;
    const many = ecPoints.isMany(figure.data);
    const data = many ? ecPoints.withoutClouds(figure.data) : figure.data;
    const marked = phone.matches ? data.map((trace) => ({ ...trace, mode: "markers" })) : data;
    await Plotly.react(plot, marked, themed(figure.layout, entries), config());
    if (many) ecPoints.follow(plot, figure.data);
    else plot.querySelector(":scope > canvas.cloud")?.remove();
  }

  const parsed = new Map(); // several figures may take their points from one
  function dataOf(id) {
    if (!parsed.has(id)) parsed.set(id, JSON.parse(document.getElementById(id).textContent).data);
    return parsed.get(id);
  }

  // The traces of a figure whose points another figure on the page holds.
  function complete(figure) {
    if (!figure.source) return figure;
    const whole = dataOf(figure.source);
    const data = figure.data.map((trace) => {
      if (!trace.from) return trace;
      const parts = whole.filter(({ legendgroup }) => trace.from.includes(legendgroup));
      const joined = (name) => parts.flatMap((part) => part[name]);
      return { ...trace, x: joined("x"), y: joined("y"), customdata: joined("customdata") };
    });
    return { ...figure, data };
  }

  function onChange(redraw) {
    for (const query of [dark, phone]) query.addEventListener("change", redraw);
  }

  function begin(plot, figure) {
    draw(plot, figure).then(() => {
      plot.dataset.ready = "true";
    });
    onChange(() => draw(plot, figure));
    // A folded figure has no width until it is unfolded.
    plot.closest("details")?.addEventListener("toggle", () => Plotly.Plots.resize(plot));
  }

  const idle = window.requestIdleCallback || ((act) => setTimeout(act, 500));
  for (const plot of document.querySelectorAll(".plot[data-figure]")) {
    const figure = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
    // The figure that holds the points comes first.
    if (figure.source) idle(() => begin(plot, complete(figure)), { timeout: 2000 });
    else begin(plot, figure);
  }

  // A print shows drawings without canvas and in the width of the paper. They are loaded when the page
  // has nothing else to do, since a print cannot wait; one that is not there yet is not used.
  async function loadStills() {
    for (const still of document.querySelectorAll(".still[data-src]")) {
      const image = new Image();
      image.src = still.dataset.src;
      try {
        await image.decode();
        still.src = image.src;
      } catch {
        // The print shows the figure of the page.
      }
    }
    document.documentElement.dataset.printable = "true";
  }
  window.addEventListener("load", () => idle(loadStills));

  // A print shows what is folded, too.
  const folded = () => [...document.querySelectorAll("details:not([open])")];
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = folded();
    for (const part of opened) part.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
  });

  window.ecFigures = { draw, onChange };
})();
