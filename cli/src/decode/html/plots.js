"use strict";
// Plots over time, of the differences of counters: [bytes, packed, unpacked, full, references].
const PLOTS = [
  {
    title: "Bytes per second",
    value: (d, seconds) => d[0] / seconds,
    format: (value) => size(value) + "/s",
    least: 2,
    isBytes: true,
  },
  {
    title: "Compression ratio",
    note: "bytes before / after",
    value: (d) => ratio(d[2], d[1]),
    format: (value) => value.toFixed(2),
    least: 1,
    none: "nothing was compressed",
  },
  {
    title: "Cache hits",
    note: "references, of all objects",
    value: (d) => share(d[4], d[3] + d[4]),
    format: (value) => value.toFixed(0) + " %",
    least: 100,
    none: "no SERIAL with objects",
  },
];

const SVG = "http://www.w3.org/2000/svg";
function draw(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Returns the counters of each side at a time: those of the last sample until then. */
function countersAt(samples, time) {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (samples[middle][0] <= time) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]] : samples[low - 1][1];
}

/** Returns the value of each side in equal spans of time, null where there is none. */
function series(plot, samples, end, count) {
  const span = end / count;
  const values = [[], []];
  let before = countersAt(samples, -1);
  for (let n = 1; n <= count; n += 1) {
    const now = countersAt(samples, n === count ? Infinity : n * span);
    for (const side of [0, 1]) {
      const difference = now[side].map((counter, i) => counter - before[side][i]);
      values[side].push(plot.value(difference, span));
    }
    before = now;
  }
  return values;
}

/** Rounds up to 1, 2 or 5 times a power of ten, for bytes within each unit of 1024. */
function rounded(value, isBytes) {
  const unit = isBytes ? 1024 ** Math.floor(Math.log(value) / Math.log(1024)) : 1;
  const power = 10 ** Math.floor(Math.log10(value / unit));
  const steps = [1, 2, 5, 10].map((step) => step * power * unit);
  const step = steps.find((step) => step >= value * 0.999);
  return isBytes ? Math.min(step, 1024 * unit) : step;
}

function seconds(time) {
  return time >= 100 ? time.toFixed(0) : time >= 1 ? time.toFixed(2) : time.toFixed(4);
}

/** Draws all plots of a session. A click on a time calls `choose` with it. */
function drawPlots(session, choose) {
  const { samples } = session;
  const end = Math.max(samples[samples.length - 1][0], 1e-6);
  byId("plots").replaceChildren(...PLOTS.map((plot) => figure(plot, samples, end, choose)));
}

function figure(plot, samples, end, choose) {
  const tip = make("span", { class: "tip" });
  const note = plot.note ? ` – ${plot.note}` : "";
  const caption = make("figcaption", {}, make("b", {}, plot.title), note);
  const svg = draw("svg", { role: "img", "aria-label": `${plot.title} of both sides over time` });
  const box = make("figure", {}, caption, tip, svg);
  const redraw = () => {
    const width = svg.clientWidth || 300;
    const height = svg.clientHeight || 112;
    render(plot, svg, tip, samples, end, width, height, choose);
  };
  new ResizeObserver(redraw).observe(svg);
  return box;
}

function render(plot, svg, tip, samples, end, width, height, choose) {
  const [left, right, top, bottom] = [62, 6, 8, 18];
  const count = Math.max(8, Math.min(160, Math.floor((width - left - right) / 4)));
  const values = series(plot, samples, end, count);
  const known = values.flat().filter((value) => value !== null);
  const greatest = rounded(Math.max(plot.least, ...known), plot.isBytes);
  const x = (n) => left + ((n + 0.5) / count) * (width - left - right);
  const y = (value) => height - bottom - (value / greatest) * (height - top - bottom);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  for (const part of [0, 0.5, 1]) {
    const at = y(greatest * part);
    svg.append(draw("line", { class: "grid", x1: left, x2: width - right, y1: at, y2: at }));
    const label = plot.format(greatest * part);
    svg.append(draw("text", { x: left - 5, y: at + 3.5, "text-anchor": "end" }, label));
  }
  for (const [part, anchor] of [[0, "start"], [0.5, "middle"], [1, "end"]]) {
    const at = left + part * (width - left - right);
    const label = `${seconds(end * part)} s`;
    svg.append(draw("text", { x: at, y: height - 4, "text-anchor": anchor }, label));
  }
  if (known.length === 0) {
    const middle = { x: (left + width - right) / 2, y: y(greatest / 2) - 6, "text-anchor": "middle" };
    svg.append(draw("text", middle, plot.none));
  }
  SIDES.forEach((side, index) => {
    let path = "";
    values[index].forEach((value, n) => {
      if (value === null) return;
      const begins = n === 0 || values[index][n - 1] === null;
      path += `${begins ? "M" : "L"}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
      const isAlone = begins && (values[index][n + 1] ?? null) === null;
      if (isAlone) svg.append(draw("circle", { class: `dot ${side}`, cx: x(n), cy: y(value), r: 2.2 }));
    });
    svg.append(draw("path", { class: `series ${side}`, d: path }));
  });
  const cursor = draw("line", { class: "cursor", y1: top, y2: height - bottom, visibility: "hidden" });
  svg.append(cursor);
  const at = (event) => {
    const place = event.clientX - svg.getBoundingClientRect().left;
    const n = Math.floor(((place - left) / (width - left - right)) * count);
    return Math.max(0, Math.min(count - 1, n));
  };
  svg.onpointermove = (event) => {
    const n = at(event);
    cursor.setAttribute("x1", x(n));
    cursor.setAttribute("x2", x(n));
    cursor.setAttribute("visibility", "visible");
    const texts = SIDES.map((side, index) => {
      const value = values[index][n];
      return make("b", { class: side }, value === null ? "–" : plot.format(value));
    });
    tip.replaceChildren(`${seconds((n * end) / count)} s  `, texts[0], "  ", texts[1]);
  };
  svg.onpointerleave = () => {
    cursor.setAttribute("visibility", "hidden");
    tip.replaceChildren();
  };
  svg.onclick = (event) => choose((at(event) * end) / count);
}
