"use strict";
let session = sessions[0] ?? { name: "", rows: [], samples: [[0, [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]]], errors: [0, 0], totals: [] };
/** The places of the rows that pass the filters. */
let passing = [];
/** The place of the message whose details are shown. */
let selected = null;
const list = byId("list");
const space = byId("space");
const details = byId("details");

// Browsers limit the height of an element. Beyond it, a pixel of the scrollbar stands for several of the list.
const HIGHEST = 15_000_000;
const rowHeight = () => parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));

function drawTotals() {
  const rows = SIDES.map((side, index) => {
    const of = session.totals[index];
    const cells = [
      number(of.messages),
      size(of.bytes),
      shown(ratio(of.unpacked, of.packed), 2),
      shown(share(of.references, of.full + of.references), 0, " %"),
    ];
    return make("tr", {}, make("th", { scope: "row", class: side }, side), ...cells.map((cell) => make("td", {}, cell)));
  });
  byId("totals").tBodies[0].replaceChildren(...(session.totals.length ? rows : []));
  const wrong = session.errors[0] + session.errors[1];
  const lost = session.totals.reduce((sum, of) => sum + of.not_decoded, 0);
  byId("problem").hidden = wrong === 0;
  byId("problem").textContent =
    `A part of this session could not be decoded${lost ? `: ${number(lost)} SERIALs after an error` : ""}.`;
}

/** A menu of choices with counts; none chosen means all. */
function menu(id, counts) {
  const element = byId(id);
  const choices = element.querySelector(".choices");
  const chosen = new Set();
  const entries = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const labels = entries.map(([value, count]) => {
    const box = make("input", { type: "checkbox" });
    box.onchange = () => {
      if (box.checked) chosen.add(value);
      else chosen.delete(value);
      describe();
      filter();
    };
    return make("label", {}, box, make("span", {}, value), make("i", {}, number(count)));
  });
  const describe = () => {
    const text = chosen.size === 0 ? "all" : chosen.size === 1 ? [...chosen][0] : `${chosen.size} of ${entries.length}`;
    element.querySelector(".chosen").textContent = `: ${text}`;
  };
  const parts = [];
  if (entries.length > 12) {
    const find = make("input", { type: "search", placeholder: "Find", "aria-label": "Find" });
    find.oninput = () => labels.forEach((label, n) => {
      label.hidden = !entries[n][0].toLowerCase().includes(find.value.toLowerCase());
    });
    parts.push(find);
  }
  choices.replaceChildren(...parts, ...labels);
  element.hidden = entries.length === 0;
  describe();
  return chosen;
}

let types = new Set();
let names = new Set();
function show(number) {
  session = sessions[number] ?? session;
  const [typeCounts, nameCounts] = [new Map(), new Map()];
  for (const row of session.rows) {
    typeCounts.set(typeOf(row), (typeCounts.get(typeOf(row)) ?? 0) + 1);
    if (row.m.event !== undefined) nameCounts.set(row.n, (nameCounts.get(row.n) ?? 0) + 1);
  }
  types = menu("types", typeCounts);
  names = menu("names", nameCounts);
  select(null);
  drawTotals();
  drawPlots(session, goTo);
  filter();
}

function filter() {
  const [side, phase] = [byId("side").value, byId("phase").value];
  const wanted = byId("search").value.toLowerCase();
  passing = [];
  session.rows.forEach((row, place) => {
    const passes =
      (types.size === 0 || types.has(typeOf(row))) &&
      (names.size === 0 || (row.m.event !== undefined && names.has(row.n))) &&
      (side === "" || row.m.from === side) &&
      (phase === "" || row.m.phase === phase) &&
      (wanted === "" || `${typeOf(row)} ${row.n ?? ""} ${row.s ?? ""}`.toLowerCase().includes(wanted));
    if (passes) passing.push(place);
  });
  const [count, all] = [passing.length, session.rows.length];
  byId("count").textContent = count === all ? `${number(all)} messages` : `${number(count)} of ${number(all)}`;
  byId("empty").hidden = count > 0;
  space.style.height = `${Math.min(count * rowHeight(), HIGHEST)}px`;
  list.scrollTop = 0;
  drawRows();
}

/** How far the list is scrolled, in pixels of a list that has its full height. */
function scrolled() {
  const full = passing.length * rowHeight();
  const most = list.scrollHeight - list.clientHeight;
  return full <= HIGHEST || most <= 0 ? list.scrollTop : (list.scrollTop / most) * (full - list.clientHeight);
}

function scrollTo(place) {
  const full = passing.length * rowHeight();
  const wanted = Math.max(0, place * rowHeight() - list.clientHeight / 3);
  const most = list.scrollHeight - list.clientHeight;
  list.scrollTop = full <= HIGHEST ? wanted : (wanted / (full - list.clientHeight)) * most;
  drawRows();
}

function drawRows() {
  const height = rowHeight();
  const top = scrolled();
  const first = Math.max(0, Math.floor(top / height) - 3);
  const last = Math.min(passing.length, Math.ceil((top + list.clientHeight) / height) + 3);
  const rows = [];
  for (let n = first; n < last; n += 1) {
    const row = drawRow(passing[n], n);
    row.style.top = `${list.scrollTop + n * height - top}px`;
    rows.push(row);
  }
  space.replaceChildren(...rows);
}

function drawRow(place, n) {
  const row = session.rows[place];
  const { t, from, phase, bytes } = row.m;
  const label = make("em", {});
  if (row.n) label.append(make("b", {}, row.n), " ", make("small", {}, typeOf(row)));
  else label.append(typeOf(row));
  const isWrong = row.m.error !== undefined || row.m.skipped === true;
  const element = make(
    "div",
    { class: `row ${phase}${isWrong ? " wrong" : ""}${place === selected ? " selected" : ""}`, role: "option", "aria-selected": place === selected },
    make("span", { class: "time" }, t.toFixed(6)),
    make("span", { class: "phase" }, phase),
    make("span", { class: `lane ${from}` }, label, make("u", {})),
    make("span", { class: "text" }, row.s ?? ""),
    make("span", { class: "bytes" }, number(bytes)),
  );
  element.onclick = () => select(place);
  element.dataset.n = n;
  return element;
}

/** Shows a message in full. */
function select(place) {
  selected = place;
  details.hidden = place === null;
  if (place !== null) {
    const row = session.rows[place];
    const { t, from, phase, message, offset, bytes, error, note, skipped, ...content } = row.m;
    const close = make("button", { class: "close", type: "button", "aria-label": "Close" }, "×");
    close.onclick = () => select(null);
    const facts = make("dl", {});
    const fact = (name, value, style = "") => facts.append(make("dt", {}, name), make("dd", { class: style }, value));
    fact("time", `${t.toFixed(6)} s`);
    fact("from", from, from);
    fact("phase", phase);
    fact("position", `byte ${number(offset)}, ${number(bytes)} bytes`);
    if (note !== undefined) fact("note", note);
    if (error !== undefined) fact("error", error);
    if (skipped) fact("error", "not decoded, because an earlier SERIAL could not be decoded");
    const values = [];
    const value = (name, what) => values.push(make("h3", {}, name), make("pre", {}, typeof what === "string" ? what : JSON.stringify(what, null, 2)));
    for (const [name, what] of Object.entries(content)) {
      if (name === "event") continue;
      if (name === "args" && content.event !== undefined) what.forEach((one, n) => value(`argument ${n + 1} of ${what.length}`, one));
      else if (name === "time") fact("event time", `${what} s`);
      else value(name.replaceAll("_", " "), what);
    }
    details.replaceChildren(close, make("h2", {}, row.n ? `${typeOf(row)} ${row.n}` : typeOf(row)), facts, ...values);
    details.scrollTop = 0;
  }
  drawRows();
}

/** Shows what was sent at a time. */
function goTo(time) {
  let n = passing.findIndex((place) => session.rows[place].m.t >= time);
  if (n < 0) n = passing.length - 1;
  if (n >= 0) {
    scrollTo(n);
    select(passing[n]);
  }
}

let isDue = false;
list.onscroll = () => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    drawRows();
  });
};
list.onkeydown = (event) => {
  const now = selected === null ? -1 : passing.indexOf(selected);
  const page = Math.floor(list.clientHeight / rowHeight());
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  if (event.key === "Escape") return select(null);
  if (steps[event.key] === undefined || passing.length === 0) return;
  event.preventDefault();
  const n = Math.max(0, Math.min(passing.length - 1, now + steps[event.key]));
  scrollTo(n);
  select(passing[n]);
};
new ResizeObserver(() => {
  space.style.height = `${Math.min(passing.length * rowHeight(), HIGHEST)}px`;
  drawRows();
}).observe(list);
for (const id of ["side", "phase", "search"]) byId(id).oninput = filter;
byId("filters").onsubmit = (event) => event.preventDefault();
byId("filters").onreset = () => setTimeout(() => show(Number(byId("session").value || 0)));
document.onclick = (event) => document.querySelectorAll(".menu[open]").forEach((menu) => {
  if (!menu.contains(event.target)) menu.open = false;
});
if (sessions.length > 1) {
  byId("session-of").hidden = false;
  byId("session").append(...sessions.map((one, n) => make("option", { value: n }, one.name)));
  byId("session").onchange = () => show(Number(byId("session").value));
}
show(0);
