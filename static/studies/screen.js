// Properties of the window, under the names of studies/rules/screen_requirements.py.

export function screenNow() {
  return {
    width: window.innerWidth,
    height: window.innerHeight,
    pixel_ratio: window.devicePixelRatio,
    orientation: window.innerWidth < window.innerHeight ? "portrait" : "landscape",
  };
}

const PHONE_PX = 736; // without a requirement, narrower portrait windows show the pictures stacked

// Whether the pictures go one below the other. `required` has leastWidth and stack.
export function isStacked(required, screen) {
  if (Number(required.leastWidth)) {
    return required.stack === "yes" && screen.width < required.leastWidth;
  }
  return screen.width <= PHONE_PX && screen.orientation === "portrait";
}

// The requirement that the window fails; empty where it meets all. The server checks again.
export function refusal(required, screen) {
  const narrow = screen.width < required.leastWidth && required.stack !== "yes";
  if (narrow || screen.height < required.leastHeight) return "size";
  if (screen.pixel_ratio < required.leastPixelRatio) return "pixel_ratio";
  return required.orientation && required.orientation !== screen.orientation ? required.orientation : "";
}
