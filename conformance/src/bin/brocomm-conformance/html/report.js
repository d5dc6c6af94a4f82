"use strict";
{
  const all = (selector) => [...document.querySelectorAll(selector)];
  const boxes = all("#filter input[type=checkbox]");
  const search = document.querySelector("#filter input[type=search]");
  const sections = all("details.section");
  const overview = all("tr[data-section]");
  const failures = all("section.failure");
  const open = new Map(sections.map((section) => [section, section.open]));

  // Hides a case unless it has all of these words and one of these verdicts. Returns whether it
  // is shown.
  const show = (row, words, verdicts) => {
    const text = row.textContent.toLowerCase();
    const found = row.dataset.verdicts.split(" ").some((verdict) => verdicts.has(verdict))
      && words.every((word) => text.includes(word));
    row.hidden = !found;
    document.getElementById(row.dataset.failure)?.toggleAttribute("hidden", !found);
    return found;
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const isFiltered = words.length > 0 || verdicts.size < boxes.length;
    const shown = new Set();
    for (const section of sections) {
      const cases = [...section.querySelectorAll("tr.case")];
      const found = cases.map((row) => show(row, words, verdicts)).some(Boolean);
      section.hidden = !found;
      section.open = isFiltered || open.get(section);
      if (found) shown.add(section.dataset.section);
    }
    for (const row of overview) row.hidden = !shown.has(row.dataset.section);
    const isEmpty = failures.every((failure) => failure.hidden);
    document.querySelector("#failures")?.toggleAttribute("hidden", isEmpty);
    document.querySelector("#nothing").hidden = shown.size > 0;
  };

  for (const input of [...boxes, search]) {
    input.hidden = false;
    input.addEventListener("input", filter);
  }
  document.querySelector("#filter").addEventListener("submit", (event) => event.preventDefault());
}
