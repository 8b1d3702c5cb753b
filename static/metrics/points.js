// Draws the points of figures that have thousands of them on a canvas over plotly's axes: as elements of
// an SVG they take seconds, and plotly's own WebGL needs a content policy that allows eval. The symbols
// are those of metrics/plots/marks.py.
"use strict";

(() => {
  const MANY = 1500;
  const CROWD = 10000; // points from which pixels are computed here: so many calls of drawImage take seconds
  const polygon = (...corners) => (path, r) => {
    corners.forEach(([x, y], place) => (place ? path.lineTo(x * r, y * r) : path.moveTo(x * r, y * r)));
    path.closePath();
  };
  const star = (tips, inner) =>
    polygon(...Array.from({ length: 2 * tips }, (_, at) => {
      const [angle, r] = [(at * Math.PI) / tips - Math.PI / 2, at % 2 ? inner : 1.15];
      return [r * Math.cos(angle), r * Math.sin(angle)];
    }));
  const bar = 0.38;
  const plus = [
    [-bar, -1], [bar, -1], [bar, -bar], [1, -bar], [1, bar], [bar, bar],
    [bar, 1], [-bar, 1], [-bar, bar], [-1, bar], [-1, -bar], [-bar, -bar],
  ];
  const turned = plus.map(([x, y]) => [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2]);
  const SHAPES = {
    circle: (path, r) => path.arc(0, 0, 0.9 * r, 0, 2 * Math.PI),
    square: polygon([-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]),
    "triangle-up": polygon([0, -1], [1, 0.8], [-1, 0.8]),
    "triangle-down": polygon([0, 1], [1, -0.8], [-1, -0.8]),
    "triangle-left": polygon([-1, 0], [0.8, -1], [0.8, 1]),
    "triangle-right": polygon([1, 0], [-0.8, -1], [-0.8, 1]),
    diamond: polygon([0, -1.1], [1.1, 0], [0, 1.1], [-1.1, 0]),
    "diamond-tall": polygon([0, -1.2], [0.7, 0], [0, 1.2], [-0.7, 0]),
    cross: polygon(...plus),
    x: polygon(...turned),
    star: star(5, 0.5),
    "star-diamond": star(4, 0.5),
    hourglass: polygon([-0.9, -1], [0.9, -1], [-0.9, 1], [0.9, 1]),
    bowtie: polygon([-1, -0.9], [-1, 0.9], [1, -0.9], [1, 0.9]),
  };

  const points = (data) => data.reduce((sum, { x }) => sum + x.length, 0);
  const isMany = (data) => points(data) > MANY;

  // What plotly draws itself: legend, means and intervals, but no cloud.
  function withoutClouds(data) {
    return data.map((trace) =>
      trace.x.length > 2 ? { ...trace, x: [null], y: [null], customdata: [null] } : trace,
    );
  }

  function sprite({ marker }, radius, scale) {
    const side = Math.ceil((2 * radius + 4) * scale);
    const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
    const pen = canvas.getContext("2d");
    const path = new Path2D();
    pen.translate(side / 2, side / 2);
    pen.scale(scale, scale);
    const hollow = marker.symbol.endsWith("-open");
    SHAPES[marker.symbol.replace(/-open$/, "")](path, radius);
    pen.lineWidth = hollow ? 1.2 : 0.5;
    if (hollow) {
      pen.strokeStyle = marker.color;
    } else {
      pen.fillStyle = marker.color;
      pen.strokeStyle = "rgb(255 255 255 / 60%)";
      pen.fill(path);
    }
    pen.stroke(path);
    return canvas;
  }

  // A picture of premultiplied colours, on which sprites are laid over each other at whole pixels.
  function sheet(pen, { width, height }) {
    const sums = new Float32Array(4 * width * height);
    return {
      stamps(drawn, opacity) {
        const side = drawn.width;
        const { data } = drawn.getContext("2d").getImageData(0, 0, side, side);
        const parts = [];
        for (let at = 0; at < side * side; at += 1) {
          const share = (data[4 * at + 3] / 255) * opacity;
          if (!share) continue;
          const colour = [0, 1, 2].map((band) => data[4 * at + band] * share);
          parts.push({ dx: at % side, dy: Math.floor(at / side), share, left: 1 - share, colour });
        }
        return (x, y) => {
          const [column, row] = [Math.round(x - side / 2), Math.round(y - side / 2)];
          for (const { dx, dy, share, left, colour } of parts) {
            if (column + dx < 0 || column + dx >= width || row + dy < 0 || row + dy >= height) continue;
            const at = 4 * ((row + dy) * width + column + dx);
            sums[at] = colour[0] + left * sums[at];
            sums[at + 1] = colour[1] + left * sums[at + 1];
            sums[at + 2] = colour[2] + left * sums[at + 2];
            sums[at + 3] = share + left * sums[at + 3];
          }
        };
      },
      show() {
        const image = pen.createImageData(width, height);
        for (let at = 0; at < sums.length; at += 4) {
          const share = sums[at + 3];
          if (!share) continue;
          for (let band = 0; band < 3; band += 1) image.data[at + band] = sums[at + band] / share;
          image.data[at + 3] = 255 * share;
        }
        pen.putImageData(image, 0, 0);
      },
    };
  }

  function render(plot, cloud, ranges) {
    const { xaxis, yaxis } = plot._fullLayout;
    let canvas = plot.querySelector(":scope > canvas.cloud");
    if (!canvas) {
      canvas = document.createElement("canvas");
      canvas.className = "cloud";
      plot.append(canvas);
    }
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [xaxis._length, yaxis._length];
    Object.assign(canvas.style, {
      left: `${xaxis._offset}px`, top: `${yaxis._offset}px`, width: `${width}px`, height: `${height}px`,
    });
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    const [left, right] = ranges?.x || xaxis.range;
    const [bottom, top] = ranges?.y || yaxis.range;
    const crowd = points(cloud) > CROWD;
    const size = crowd ? 0.55 : 0.7;
    const pixels = crowd ? sheet(pen, canvas) : null;
    cloud.forEach((trace, place) => {
      if (trace.x.length <= 2 || plot.data[place]?.visible === "legendonly") return;
      const drawn = sprite(trace, (size * trace.marker.size) / 2, scale);
      pen.globalAlpha = trace.marker.opacity;
      const half = drawn.width / 2;
      const stamp = pixels
        ? pixels.stamps(drawn, trace.marker.opacity)
        : (x, y) => pen.drawImage(drawn, x - half, y - half);
      for (let at = 0; at < trace.x.length; at += 1) {
        const x = ((trace.x[at] - left) / (right - left)) * canvas.width;
        const y = ((top - trace.y[at]) / (top - bottom)) * canvas.height;
        stamp(x, y);
      }
    });
    pixels?.show();
    canvas.dataset.points = points(cloud);
  }

  // Keep the canvas of a plot up to date. Called after every drawing of it.
  function follow(plot, data) {
    plot.cloud = data;
    render(plot, data);
    if (plot.followed) return;
    plot.followed = true;
    plot.on("plotly_afterplot", () => render(plot, plot.cloud));
    plot.on("plotly_relayouting", (change) => {
      const range = (axis) =>
        `${axis}.range[0]` in change ? [change[`${axis}.range[0]`], change[`${axis}.range[1]`]] : null;
      render(plot, plot.cloud, { x: range("xaxis"), y: range("yaxis") });
    });
  }

  window.ecPoints = { isMany, withoutClouds, follow };
})();
