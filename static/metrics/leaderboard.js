// Makes tables with the class "sortable" sortable by their column heads, and searchable by the heads of
// their rows. Cells with data-value are sorted by it. Without scripts they are plain tables.
"use strict";

for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];

  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    const number = Number(text);
    return text !== "" && !Number.isNaN(number) ? number : text;
  };
  const isEmpty = (one) => one === "" || one === "–";

  function compare(one, other) {
    if (typeof one === "number" && typeof other === "number") return one - other;
    return String(one).localeCompare(String(other), "en", { numeric: true });
  }

  // The first press sorts numbers from the highest down, unless low is good; unknown values stay last.
  function sort(column) {
    const head = heads[column];
    const numbers = rows.some((row) => typeof value(row, column) === "number");
    const first = numbers && !("low" in head.dataset) ? "descending" : "ascending";
    const now = head.getAttribute("aria-sort");
    const next = now === null ? first : now === "ascending" ? "descending" : "ascending";
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", next);
    const sign = next === "ascending" ? 1 : -1;
    const sorted = [...rows].sort((one, other) => {
      const [a, b] = [value(one, column), value(other, column)];
      return isEmpty(a) - isEmpty(b) || sign * compare(a, b);
    });
    body.append(...sorted);
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(column));
  });

  const label = document.createElement("label");
  const field = document.createElement("input");
  const found = document.createElement("span");
  label.className = "search screen-only";
  label.append("Search ", field);
  field.type = "search";
  found.className = "muted screen-only";
  found.setAttribute("role", "status");
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLocaleLowerCase();
    for (const row of rows) row.hidden = !row.cells[0].textContent.toLocaleLowerCase().includes(wanted);
    const left = rows.filter((row) => !row.hidden).length;
    found.textContent = wanted ? `${left} of ${rows.length}` : "";
  });
  const box = document.createElement("div");
  box.className = "search-box";
  box.append(label, found);
  (table.closest(".scroll") || table).before(box);
}
