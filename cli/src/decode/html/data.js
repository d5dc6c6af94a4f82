"use strict";
// The sessions of the page. A row is {n: name, s: contents as text, m: {t, from, phase, message, …}}.
const sessions = [...document.querySelectorAll("script.session")].map((element) => {
  const session = JSON.parse(element.textContent);
  element.remove();
  return session;
});

const whole = new Intl.NumberFormat("en");
const number = (value) => whole.format(value);

/** Bytes in units of 1024. */
function size(bytes) {
  let unit = 0;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  while (Math.abs(bytes) >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || bytes >= 100 ? 0 : bytes >= 10 ? 1 : 2;
  return `${bytes.toFixed(digits)} ${units[unit]}`;
}

const ratio = (unpacked, packed) => (packed > 0 ? unpacked / packed : null);
const share = (part, all) => (all > 0 ? (100 * part) / all : null);
const shown = (value, digits, unit = "") => (value === null ? "–" : value.toFixed(digits) + unit);

/** Makes an element. Children that are no elements are text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const SIDES = ["connector", "listener"];
const byId = (id) => document.getElementById(id);
/** What the page calls a message: its type, or that it could not be read. */
const typeOf = (row) => row.m.message ?? "not decoded";
