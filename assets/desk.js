// What every page does in the browser by itself: theme, dialogs, and rows that stay put. It reads data-* marks.
"use strict";
(() => {
  const root = document.documentElement;
  try {
    // Pages outside the app (the sign-in page) have no theme of their own: take the one chosen in the app.
    const chosen = localStorage.getItem("theme") || "system";
    const dark = chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
    if (!root.classList.contains("light") && !root.classList.contains("dark")) root.classList.add(dark ? "dark" : "light");
  } catch { /* storage may be forbidden; the light theme is the default */ }

  // Dialogs. The server says data-open; the browser's own modal dialog traps and gives back the focus. Escape and a click
  // on the veil press the dialog's own data-dismiss button, so the server always hears of it. A dialog without data-open
  // is the browser's alone: data-opens names it, data-close closes it.
  const sync = (dialog) => {
    const open = dialog.dataset.open === "true";
    if (open && !dialog.open) {
      dialog.showModal();
      dialog.querySelector("[data-focus]")?.focus({ preventScroll: true });
    } else if (!open && dialog.open) dialog.close();
  };
  document.addEventListener("cancel", (event) => {
    const dismiss = event.target.querySelector?.("[data-dismiss]");
    if (dismiss) { event.preventDefault(); dismiss.click(); }
  }, true);
  document.addEventListener("mousedown", (event) => {
    if (!(event.target instanceof HTMLDialogElement)) return;
    const dismiss = event.target.querySelector("[data-dismiss]");
    dismiss ? dismiss.click() : event.target.close();
  });
  document.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target.closest("[data-opens], [data-close]") : null;
    if (!pressed) return;
    if ("close" in pressed.dataset) pressed.closest("dialog")?.close();
    else document.querySelector(`dialog[data-name="${CSS.escape(pressed.dataset.opens)}"]:not([open])`)?.showModal();
  });

  // Who signs in again comes back to where they were.
  document.addEventListener("click", (event) => {
    const back = event.target instanceof Element ? event.target.closest("a[data-back]") : null;
    if (back) back.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search).replaceAll("%2F", "/")}`;
  }, true);

  // What unfolds over a page (filters, columns, further fixes) closes by Escape, by a click beside it, and by a choice in it.
  const unfolded = () => document.querySelectorAll("details.drop[open], details.more-fixes[open]");
  document.addEventListener("click", (event) => {
    const chosen = event.target instanceof Element && event.target.closest(".menu button, .export-choices a");
    for (const drop of unfolded()) if (chosen || !event.composedPath().includes(drop)) drop.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    for (const drop of unfolded()) {
      drop.open = false;
      if (drop.contains(document.activeElement)) drop.querySelector("summary").focus();
    }
  });

  // Rows that stay put. When a live update adds or takes away rows, the row under the pointer or the focus keeps its
  // place on the screen: the page scrolls by the difference, or makes room above or below where it cannot scroll.
  const rowOf = (node) => (node instanceof Element ? node.closest("[data-line], tbody tr") : null);
  let held = null, pointer = null;
  const spacer = (list) => list.closest("[data-still]");
  const remember = () => {
    const row = (pointer && document.contains(pointer) ? pointer : null) || rowOf(document.activeElement);
    const list = row?.closest("[data-still]") ? row.parentElement : null;
    held = list ? { row, list, top: row.getBoundingClientRect().top, at: [...list.children].indexOf(row), focused: row.contains(document.activeElement) } : null;
  };
  const settle = () => {
    if (!held) return;
    let { row, list, top, at, focused } = held;
    if (!document.contains(list)) { held = null; return; }
    if (!document.contains(row)) {
      row = list.children[Math.min(at, list.children.length - 1)];
      if (row && focused) row.querySelector("[data-row]")?.focus({ preventScroll: true });
    }
    if (row) {
      let by = row.getBoundingClientRect().top - top;
      const scroll = () => { const before = scrollY; scrollBy(0, by); by -= scrollY - before; };
      if (by) scroll();
      if (by > 0) { document.body.style.minHeight = `${Math.ceil(scrollY + innerHeight + by)}px`; scroll(); }
      if (by < 0) { const room = spacer(list); room.style.paddingTop = `${(parseFloat(room.style.paddingTop) || 0) - by}px`; }
    }
    remember();
  };
  const letGo = (list) => {
    const room = list && spacer(list);
    if (room) room.style.paddingTop = "";
    document.body.style.minHeight = "";
  };
  addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const row = rowOf(event.target);
    const over = row?.closest("[data-still]") ? row : null;
    if (pointer && !over) letGo(held?.list);
    pointer = over;
    remember();
  }, { passive: true });
  addEventListener("scroll", remember, { passive: true });
  addEventListener("focusin", remember);

  // The view that is open is in sight, however long the strip of views is.
  const reveal = (node) => {
    if (!(node instanceof Element)) return;
    const view = node.matches(".view") ? node : node.querySelector(".view[aria-current=true]");
    const strip = view?.ariaCurrent === "true" ? view.closest(".views") : null;
    if (!strip) return;
    const [end, width] = [view.offsetLeft + view.offsetWidth + 24, strip.clientWidth];
    if (view.offsetLeft < strip.scrollLeft || end > strip.scrollLeft + width) strip.scrollLeft = Math.max(0, end - width);
  };

  const watch = () => {
    document.querySelectorAll("dialog[data-open]").forEach(sync);
    new MutationObserver((changes) => {
      let moved = false;
      for (const change of changes) {
        if (change.type === "attributes") {
          change.attributeName === "data-open" ? sync(change.target) : reveal(change.target);
          continue;
        }
        if (change.target instanceof Element && change.target.closest("[data-still]")) moved = true;
        for (const node of change.addedNodes) {
          if (!(node instanceof Element)) continue;
          reveal(node);
          if (node.matches("dialog[data-open]")) sync(node);
          node.querySelectorAll("dialog[data-open]").forEach(sync);
        }
      }
      if (moved) settle();
      if (document.body.style.minHeight && !document.querySelector("[data-still]")) document.body.style.minHeight = "";
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-open", "aria-current"] });
  };
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", watch) : watch();
})();
