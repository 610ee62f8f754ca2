"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const value = (row, place) => {
    const cell = row.cells[place];
    if (!cell) return "";
    return cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v === "" ? null : Number(cell.dataset.v);
  };
  const compare = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  };
  const sort = (table, place, heading) => {
    const up = heading.getAttribute("aria-sort") === "descending" || (!heading.hasAttribute("aria-sort") && !heading.classList.contains("n"));
    all("th[aria-sort]", table).forEach((th) => th.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.sort((a, b) => {
      const x = value(a, place), y = value(b, place);
      return x === null || y === null ? compare(x, y) : (up ? 1 : -1) * compare(x, y);
    });
    body.append(...rows);
  };
  for (const table of all("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((heading, place) => {
      if (heading.dataset.plain !== undefined) return;
      const button = document.createElement("span"); // Chromium prints no button in the header that it repeats on every page
      button.setAttribute("role", "button");
      button.tabIndex = 0;
      button.append(...heading.childNodes);
      button.title = "Sort by this column";
      button.addEventListener("click", () => sort(table, place, heading));
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        sort(table, place, heading);
      });
      heading.append(button);
    });
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 25) continue;
    const box = document.createElement("div");
    box.className = "filter";
    const label = document.createElement("label");
    label.htmlFor = `${table.id}-filter`;
    label.textContent = "Show rows with";
    const input = document.createElement("input");
    Object.assign(input, { type: "search", id: `${table.id}-filter`, autocomplete: "off" });
    const count = document.createElement("span");
    count.className = "note";
    count.setAttribute("role", "status");
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = wanted === "" ? "" : `${shown} of ${rows.length}`;
    });
    box.append(label, input, count);
    table.closest(".scroll").before(box);
  }
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  for (const picture of all("svg.picture")) {
    all("[data-tip] > title", picture).forEach((title) => title.remove());
    picture.addEventListener("pointermove", (event) => {
      const part = event.target.closest("[data-tip]");
      tip.hidden = part === null;
      if (part === null) return;
      tip.textContent = part.dataset.tip;
      const box = tip.getBoundingClientRect();
      tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8))}px`;
      tip.style.top = `${event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 10 : event.clientY + 18}px`;
    });
    picture.addEventListener("pointerleave", () => { tip.hidden = true; });
  }
  const data = document.getElementById("data");
  const save = document.createElement("button");
  save.type = "button";
  save.className = "save";
  save.textContent = "Save the numbers (JSON)";
  save.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([data.textContent], { type: "application/json" }));
    link.download = `${document.body.dataset.migration}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  document.querySelector("header.top > div").append(save);
})();
