// Draw the figures of a page: each .plot element names the JSON block that holds its data. Without
// scripts, the static image beside a figure remains.
"use strict";

(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const phone = window.matchMedia("(max-width: 40rem)");

  // Text and lines have the colours of the page, light or dark.
  function themed(layout) {
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
      legend: { ...layout.legend, font: { color: colour("--text") } },
      margin: phone.matches ? { l: 46, r: 8, t: 76, b: 50 } : { l: 60, r: 20, t: 56, b: 60 },
      dragmode: phone.matches ? false : "zoom",
      height: phone.matches ? 480 : 600,
    };
  }

  function draw(plot, figure) {
    return Plotly.react(plot, figure.data, themed(figure.layout), {
      responsive: true,
      displaylogo: false,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    });
  }

  function onChange(redraw) {
    for (const query of [dark, phone]) query.addEventListener("change", redraw);
  }

  for (const plot of document.querySelectorAll(".plot[data-figure]")) {
    const figure = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
    draw(plot, figure).then(() => {
      plot.dataset.ready = "true";
    });
    onChange(() => draw(plot, figure));
    // A folded figure has no width until it is unfolded.
    plot.closest("details")?.addEventListener("toggle", () => Plotly.Plots.resize(plot));
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
  const idle = window.requestIdleCallback || ((act) => setTimeout(act, 500));
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
