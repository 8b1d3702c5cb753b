// The scatter of a report. Without scripts the picture of it stays.
"use strict";

(() => {
  const figure = JSON.parse(document.getElementById("ecspace-figure").textContent);
  const plot = document.getElementById("scatter");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const phone = window.matchMedia("(max-width: 40rem)");

  function draw() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { color: colour("--text"), gridcolor: colour("--line") };
    return Plotly.react(plot, figure.data, {
      ...figure.layout,
      title: phone.matches ? undefined : figure.layout.title,
      font: { family: "inherit", color: colour("--text") },
      xaxis: { ...figure.layout.xaxis, ...axis },
      yaxis: { ...figure.layout.yaxis, ...axis },
      margin: phone.matches ? { l: 46, r: 8, t: 16, b: 50 } : { l: 60, r: 20, t: 56, b: 60 },
      dragmode: phone.matches ? false : "zoom",
      height: phone.matches ? 460 : 600,
    }, { responsive: true, displaylogo: false });
  }

  draw().then(() => {
    document.getElementById("still").hidden = true;
    plot.dataset.ready = "true";
  });
  for (const query of [dark, phone]) query.addEventListener("change", draw);
})();
