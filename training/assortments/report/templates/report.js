"use strict";

/* Sorts and filters what is on the page. Without it everything is there, in the order of weight. */

const number = (text) => {
  const found = text.replaceAll("−", "-").replaceAll(",", "").match(/[-+]?\d+(\.\d+)?/);
  return found ? Number(found[0]) : Number.NEGATIVE_INFINITY;
};

const shown = (row, at) => row.cells[at].firstChild ? row.cells[at].textContent.trim() : "";

function sort(table, at, button) {
  const head = button.closest("th");
  const numeric = head.classList.contains("number");
  const before = head.getAttribute("aria-sort");
  const direction = before ? (before === "ascending" ? -1 : 1) : numeric ? -1 : 1;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [numeric ? number(shown(row, at)) : shown(row, at), row]);
  rows.sort(([a], [b]) => direction * (numeric ? a - b || 0 : a.localeCompare(b)));
  body.append(...rows.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table")) {
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, at, button));
    head.append(button);
  });
}

for (const input of document.querySelectorAll("input[type=search][data-table]")) {
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of document.querySelector(`table[data-table="${input.dataset.table}"]`).tBodies[0].rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
    }
  });
}

const form = document.querySelector("form[data-filters]");

function filter() {
  const words = form.elements.text.value.trim().toLowerCase();
  const cluster = form.elements.cluster.value;
  const need = form.elements.need.value;
  const decisions = new Set([...form.querySelectorAll("[name=decision]:checked")].map((box) => box.value));
  const rows = [...document.querySelector("table[data-table=decisions]").tBodies[0].rows];
  let count = 0;
  for (const row of rows) {
    const data = row.dataset;
    row.hidden = !(
      decisions.has(data.decision) && (!cluster || data.cluster === cluster) && (!need || data.need === need) &&
      row.textContent.toLowerCase().includes(words)
    );
    count += !row.hidden;
  }
  form.elements.shown.value = `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
}

form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
filter();

const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(entry.target.id).setAttribute("aria-current", "true");
  }
}, { rootMargin: "-20% 0px -70% 0px" });
for (const section of document.querySelectorAll("section")) seen.observe(section);
