// Tells the server how large the window is, so that nobody judges pictures that do not fit.
"use strict";

const form = document.querySelector("form");

function measure() {
  form.elements.width.value = window.innerWidth;
  form.elements.height.value = window.innerHeight;
  form.elements.pixel_ratio.value = window.devicePixelRatio;
  form.elements.orientation.value = window.innerWidth < window.innerHeight ? "portrait" : "landscape";
}

measure();
window.addEventListener("resize", measure);
