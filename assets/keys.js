// Keys, the palette, and the queue beside which the chosen order is shown. No page calls this; it reads data-* marks.
"use strict";
(() => {
  const WIDE = matchMedia("(min-width: 1180px)");
  const SETTLED_MS = 90;      // after so long without another step the order under the focus is asked for
  const PATIENCE_MS = 8000;   // a key waits no longer than this for the order it was meant for, nor a choice for its answer
  const seen = (node) => node && node.getClientRects().length > 0;
  const rows = () => [...document.querySelectorAll("[data-row]")].filter(seen);
  const lineOf = (row) => row?.closest("[data-line], tr");
  const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog[open]");
  const dialog = (name) => document.querySelector(`dialog[data-name="${name}"]`);

  // The queue. Moving the focus to a row chooses its order: the server is told once the focus has settled, the address
  // follows, and what is shown beside the list is that order.
  const cockpit = () => {
    // The address is the next page's a moment before the queue is taken away: it is the queue's no longer then.
    const box = WIDE.matches ? document.querySelector("[data-cockpit]") : null;
    return box?.dataset.cockpit === location.pathname.replace(/(.)\/$/, "$1") ? box : null;
  };
  const pane = () => cockpit()?.querySelector("[data-pane]");
  const current = () => document.querySelector('[data-row][aria-current="true"]');
  let wanted = "", shown = "", timer = 0, waiting = null;
  let asked = 0, owed = "";   // until when an answer to the latest choice is awaited; whose row the focus is owed to
  const tell = () => {
    clearTimeout(timer); timer = 0;
    const form = document.querySelector("form[data-chooser]");
    if (!form) return;
    asked = Date.now() + PATIENCE_MS;
    form.elements.number.value = wanted;
    form.requestSubmit();
  };
  const choose = (number, at_once) => {
    if (number === wanted && timer && at_once) tell();
    if (!number || (number === wanted && (timer || number === shown || Date.now() < asked))) return;
    if (number !== wanted) { waiting = null; owed = ""; }   // a key was meant for the order that was left
    wanted = number;
    clearTimeout(timer);
    if (at_once) tell(); else timer = setTimeout(tell, SETTLED_MS);
  };
  const write = (number) => {
    const address = new URL(location.href);
    if (number) address.searchParams.set("order", number); else address.searchParams.delete("order");
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  };
  document.addEventListener("focusin", (event) => {
    // A dialog that closes gives the focus back to the row it was opened from: that is nobody's choice where it is owed.
    const row = event.target instanceof Element && !owed ? event.target.closest("[data-row]") : null;
    if (row && cockpit()?.contains(row)) choose(row.dataset.row, false);
  });
  document.addEventListener("click", (event) => {
    // A click with the mouse chooses; Enter, the middle button and a click with a modifier open the order's own page.
    const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
    if (!row || !event.detail || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (!cockpit()?.contains(row)) return;
    event.preventDefault();
    row.focus({ preventScroll: true });
    choose(row.dataset.row, true);
  }, true);
  const forget = () => {
    clearTimeout(timer);
    wanted = shown = owed = ""; timer = asked = 0; waiting = null;
  };
  const follow = () => {
    // What the server chose by itself (the next one after an action, the first of a page) takes the focus, once no dialog
    // is open. A late answer about a row that was left since takes nothing: the one about where the person is comes yet.
    const box = cockpit();
    if (!box) { forget(); return; }
    const row = current(), number = row?.dataset.row || "";
    if (number !== shown) {
      shown = number;
      const late = timer || (number !== wanted && Date.now() < asked);
      if (!number || number === wanted) asked = 0;
      if (!late && number) {
        if (waiting?.number !== number) waiting = null;
        wanted = owed = number;
        write(number);
      }
    }
    if (owed !== number) owed = "";
    if (owed && !document.querySelector("dialog[open]")) {
      owed = "";
      if (!typing(document.activeElement) && document.activeElement !== row) {
        row.focus({ preventScroll: true });
        lineOf(row).scrollIntoView({ block: "nearest" });
      }
    }
    if (waiting && pane()?.dataset.number === waiting.number) {
      const { key, until } = waiting;
      waiting = null;
      if (Date.now() < until && !document.querySelector("dialog[open]")) press(key);
    }
  };

  document.addEventListener("close", follow, true);

  // Keys. j and k move the focus from row to row, so Enter opens and a screen reader follows. Any element with data-key
  // is clicked by its key, or focused if it is a field. Nothing happens while somebody types.
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = Math.max(all.indexOf(document.activeElement), cockpit() ? all.indexOf(current()) : -1);
    const here = all.includes(document.activeElement) ? all.indexOf(document.activeElement) : at;
    const next = here < 0 ? 0 : here + by;
    if (next < 0 || next >= all.length) {
      const turn = document.querySelector(`a[data-turn="${by > 0 ? "next" : "previous"}"]`);
      if (turn && cockpit()) { clearTimeout(timer); timer = asked = 0; waiting = null; turn.click(); }
      else all[here].focus();
      return;
    }
    all[next].focus({ preventScroll: true });
    lineOf(all[next])?.scrollIntoView({ block: "nearest" });
  };
  const marked = (key) => {
    const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter((node) => seen(node) && !node.disabled);
    const beside = pane();
    return found.find((node) => beside?.contains(node)) || found[0];
  };
  const press = (key) => {
    const beside = pane();
    if (beside && wanted && beside.dataset.number !== wanted && !document.querySelector(`[data-key="${CSS.escape(key)}"]:not([data-pane] *)`)) {
      // The order in front of the person is not the one beside the list yet: the key waits for it.
      waiting = { key, number: wanted, until: Date.now() + PATIENCE_MS };
      if (timer) tell();
      return true;
    }
    const node = marked(key);
    if (!node) return false;
    node.matches("input, textarea, select") ? (node.focus(), node.select?.()) : node.click();
    return true;
  };
  const pick = () => {
    const row = rows().includes(document.activeElement) ? document.activeElement : current();
    const box = lineOf(row)?.querySelector("[data-pick]");
    box?.click();
    return Boolean(box);
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      if (openPalette()) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape" && event.target.matches("input[data-key]")) event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    let done = true;
    if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
    else if (event.key === "?") dialog("keys")?.showModal();
    else if (event.key === "x") done = pick();
    else if (event.key === "Enter") {
      const open = document.activeElement === document.body && document.querySelector("[data-open-chosen]");
      if (open) open.click(); else done = false;
    }
    else done = press(event.key);
    if (done) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-to-news]")) return;
    lineOf(document.querySelector('[data-fresh="true"]'))?.scrollIntoView({ block: "center" });
  }, true);

  // The palette: orders from the server, pages and actions from the page itself, one list to move through.
  const options = () => [...(dialog("palette")?.querySelectorAll("[role=option]") || [])].filter(seen);
  const field = () => dialog("palette")?.querySelector("input");
  const light = (option) => {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    option?.scrollIntoView({ block: "nearest" });
    option ? field().setAttribute("aria-activedescendant", option.id) : field().removeAttribute("aria-activedescendant");
  };
  const lit = () => options().find((option) => option.getAttribute("aria-selected") === "true");
  const sift = () => {
    const words = field().value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const each of dialog("palette").querySelectorAll("[data-words]")) {
      const fits = words.every((word) => each.dataset.words.includes(word));
      each.hidden = !fits || (each.dataset.press ? !marked(each.dataset.press) : false);
    }
    for (const group of dialog("palette").querySelectorAll("[role=group]")) group.classList.toggle("none", !group.querySelector("[role=option]:not([hidden])"));
    light(options()[0]);
  };
  const emptyPalette = () => {
    if (!field()?.value) return;
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field(), "");
    field().dispatchEvent(new Event("input", { bubbles: true }));
  };
  // What was found is put away with it, so that no order of an earlier search is lit when it opens again.
  document.addEventListener("close", (event) => {
    if (event.target === dialog("palette") && !event.target.open) emptyPalette();
  }, true);
  const openPalette = () => {
    const box = dialog("palette");
    if (!box || document.querySelector("dialog[open]")) return false;
    emptyPalette();
    box.showModal();
    field().focus();
    sift();
    return true;
  };
  const take = (option) => {
    if (!option) return;
    dialog("palette").close();
    if (option.dataset.press) press(option.dataset.press); else option.click();
  };
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest('[data-opens="palette"]')) { openPalette(); return; }
    const option = event.target.closest('dialog[data-name="palette"] [role=option]');
    if (!option) return;
    dialog("palette").close();
    if (option.dataset.press) press(option.dataset.press);
  });
  document.addEventListener("input", (event) => { if (event.target === field()) sift(); });
  document.addEventListener("keydown", (event) => {
    if (event.target !== field() || !field()) return;
    const all = options(), at = all.indexOf(lit());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") light(all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]);
    else if (event.key === "Enter") take(lit());
    else return;
    event.preventDefault();
  });

  const watch = () => new MutationObserver((changes) => {
    follow();
    const box = dialog("palette");
    if (box?.open && changes.some((change) => change.type === "childList" && box.contains(change.target)) && !lit()) sift();
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-current", "data-number"] });
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", watch) : watch();
})();
