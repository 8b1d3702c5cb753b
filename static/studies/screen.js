// What the window is like, in the words of studies/rules/screen_requirements.py.

export function screenNow() {
  return {
    width: window.innerWidth,
    height: window.innerHeight,
    pixel_ratio: window.devicePixelRatio,
    orientation: window.innerWidth < window.innerHeight ? "portrait" : "landscape",
  };
}

const PHONE_PX = 736; // without a gate, portrait windows narrower than this show pictures stacked

// Whether the pictures go one below the other: `gate` has leastWidth and stack.
export function isStacked(gate, screen) {
  if (Number(gate.leastWidth)) return gate.stack === "yes" && screen.width < gate.leastWidth;
  return screen.width <= PHONE_PX && screen.orientation === "portrait";
}

// Which gate the window fails; nothing where it does. The server judges again.
export function refusal(gate, screen) {
  const narrow = screen.width < gate.leastWidth && gate.stack !== "yes";
  if (narrow || screen.height < gate.leastHeight) return "size";
  if (screen.pixel_ratio < gate.leastPixelRatio) return "pixel_ratio";
  return gate.orientation && gate.orientation !== screen.orientation ? gate.orientation : "";
}
