// What the desk does in the browser by itself: keys, dialogs, and rows that stay put. No page calls it; it reads data-* marks.
"use strict";
(() => {
  const root = document.documentElement;
  try {
    // Pages outside the app (the sign-in page) have no theme of their own: take the one chosen in the app.
    const chosen = localStorage.getItem("theme") || "system";
    const dark = chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
    if (!root.classList.contains("light") && !root.classList.contains("dark")) root.classList.add(dark ? "dark" : "light");
  } catch { /* storage may be forbidden; the light theme is the default */ }

  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  const rowOf = (node) => (node instanceof Element ? node.closest("tr") : null);

  // Keys. j and k move the focus from row to row, so Enter opens and a screen reader follows. Any element with
  // data-key is clicked by its key, or focused if it is a field. Nothing happens while somebody types.
  const typing = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog[open]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing(event.target)) {
      if (event.key === "Escape" && event.target.matches("input[data-key]")) event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "j" || event.key === "k") {
      const all = rows();
      if (!all.length) return;
      const at = all.indexOf(document.activeElement);
      const next = at < 0 ? 0 : Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), all.length - 1);
      all[next].focus({ preventScroll: true });
      rowOf(all[next])?.scrollIntoView({ block: "nearest" });
      event.preventDefault();
      return;
    }
    const marked = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!marked || marked.disabled) return;
    event.preventDefault();
    marked.matches("input, textarea, select") ? (marked.focus(), marked.select?.()) : marked.click();
  });

  // Dialogs. The server says data-open; the browser's own modal dialog traps and gives back the focus. Escape and a click
  // on the veil press the dialog's own data-dismiss button, so the server always hears of it.
  const sync = (dialog) => {
    const open = dialog.dataset.open === "true";
    if (open && !dialog.open) {
      dialog.showModal();
      dialog.querySelector("[data-focus]")?.focus();
    } else if (!open && dialog.open) dialog.close();
  };
  document.addEventListener("cancel", (event) => {
    const dismiss = event.target.querySelector?.("[data-dismiss]");
    if (dismiss) { event.preventDefault(); dismiss.click(); }
  }, true);
  document.addEventListener("mousedown", (event) => {
    if (event.target instanceof HTMLDialogElement) event.target.querySelector("[data-dismiss]")?.click();
  });

  // Rows that stay put. When a live update adds or takes away rows, the row under the pointer or the focus keeps its
  // place on the screen: the page scrolls by the difference, or makes room above the list where it cannot scroll.
  let held = null, pointer = null;
  const spacer = (body) => body.closest("[data-still]");
  const remember = () => {
    const row = (pointer && document.contains(pointer) ? pointer : null) || rowOf(document.activeElement);
    const body = row?.closest("[data-still] tbody");
    held = body ? { row, body, top: row.getBoundingClientRect().top, at: [...body.rows].indexOf(row), focused: row.contains(document.activeElement) } : null;
  };
  const settle = () => {
    if (!held) return;
    let { row, body, top, at, focused } = held;
    if (!document.contains(body)) { held = null; return; }
    if (!document.contains(row)) {
      row = body.rows[Math.min(at, body.rows.length - 1)];
      if (row && focused) row.querySelector("[data-row]")?.focus({ preventScroll: true });
    }
    if (row) {
      let by = row.getBoundingClientRect().top - top;
      if (by) { const before = scrollY; scrollBy(0, by); by -= scrollY - before; }
      if (by < 0) { const room = spacer(body); room.style.paddingTop = `${(parseFloat(room.style.paddingTop) || 0) - by}px`; }
    }
    remember();
  };
  const letGo = (body) => { const room = body && spacer(body); if (room) room.style.paddingTop = ""; };
  addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const row = rowOf(event.target);
    const over = row?.closest("[data-still] tbody") ? row : null;
    if (pointer && !over) letGo(held?.body);
    pointer = over;
    remember();
  }, { passive: true });
  addEventListener("scroll", remember, { passive: true });
  addEventListener("focusin", remember);

  const watch = () => {
    document.querySelectorAll("dialog[data-open]").forEach(sync);
    new MutationObserver((changes) => {
      let moved = false;
      for (const change of changes) {
        if (change.type === "attributes") { sync(change.target); continue; }
        if (change.target instanceof Element && change.target.closest("[data-still]")) moved = true;
        for (const node of change.addedNodes) if (node instanceof Element) node.querySelectorAll("dialog[data-open]").forEach(sync);
      }
      if (moved) settle();
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-open"] });
  };
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", watch) : watch();
})();
