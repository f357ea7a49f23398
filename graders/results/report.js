"use strict";
// Sorts and filters what the page holds already: without this it says the same.
(() => {
  const submissions = document.getElementById("submissions");
  const form = document.getElementById("filter");

  // "?" and "-" have no number, and stand last in either direction
  const value = (group, column) => {
    const text = group.rows[0].cells[column].dataset.v ?? group.rows[0].cells[column].textContent;
    const number = parseFloat(text);
    return Number.isNaN(number) ? text.toLowerCase() : number;
  };

  const compare = (a, b) =>
    typeof a === typeof b
      ? typeof a === "number" ? a - b : a.localeCompare(b)
      : typeof a === "number" ? -1 : 1;

  const sort = (table, head, column) => {
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const keyed = [...table.tBodies].map(group => [value(group, column), group]);
    keyed.sort(([a], [b]) => (descending && typeof a === typeof b ? compare(b, a) : compare(a, b)));
    const all = document.createDocumentFragment();
    all.append(...keyed.map(([, group]) => group));
    table.append(all);
  };

  for (const table of document.querySelectorAll("table.sorts"))
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head, column));
      head.append(button);
    });

  const rows = [...submissions.tBodies].map(group => ({
    group,
    text: `${group.rows[0].textContent} ${group.dataset.ids ?? ""}`.toLowerCase(),
    is: (group.dataset.is ?? "").split(" "),
  }));

  const filter = () => {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kind = form.elements.kind.value;
    let left = 0;
    for (const { group, text, is } of rows) {
      const shown = (!kind || is.includes(kind)) && words.every(word => text.includes(word));
      left += shown;
      if (group.hidden === shown) group.hidden = !shown;
    }
    form.elements.left.value = `${left} of ${rows.length} shown`;
  };

  // a link to a row that is filtered out, or folded away, has to lead there all the same
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.hidden) {
      form.reset();
      filter();
    }
    target.scrollIntoView();
  };

  form.hidden = false;
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  addEventListener("hashchange", reveal);
  filter();
  reveal();
})();
