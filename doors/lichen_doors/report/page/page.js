"use strict";
(() => {
  const form = document.querySelector(".filter");
  if (form) {
    const resources = [...document.querySelectorAll(".resource")].map((node) => ({
      node,
      text: node.textContent.toLowerCase(),
      rows: [...node.querySelectorAll(".verdicts li")],
    }));
    const filter = () => {
      const text = form.elements.text.value.trim().toLowerCase();
      const rule = form.elements.rule.value;
      const marks = new Set([...form.querySelectorAll("[name=mark]:checked")].map((box) => box.value));
      let shown = 0;
      for (const { node, text: all, rows } of resources) {
        let visible = 0;
        for (const row of rows) {
          row.hidden = !marks.has(row.dataset.mark) || (rule !== "" && row.dataset.rule !== rule);
          visible += row.hidden ? 0 : 1;
        }
        node.hidden = visible === 0 || !all.includes(text);
        shown += node.hidden ? 0 : 1;
      }
      form.querySelector("output").textContent = `${shown} of ${resources.length} resources`;
    };
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    // A link of the table leads to its resource, also where the filter has hidden it.
    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#resource-"]');
      if (link && document.querySelector(link.hash).hidden) {
        form.reset();
        filter();
      }
    });
    form.hidden = false;
    filter();
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    const value = (row, column) => {
      const cell = row.cells[column];
      return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
    };
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const descending = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((one, other) => {
          const [a, b] = [value(one, column), value(other, column)];
          return (a < b ? -1 : a > b ? 1 : 0) * (descending ? -1 : 1);
        });
        table.tBodies[0].append(...rows);
      });
    });
  }
})();
