// The payload editor: numbered lines, a height that follows the text, and problems that jump to their line.
"use strict";
(() => {
  const number = (text) => {
    const lines = text.value.split("\n").length;
    const gutter = text.closest("[data-editor]")?.querySelector("[data-gutter]");
    if (text.rows !== lines) text.rows = lines;
    if (gutter && gutter.childElementCount !== lines) {
      gutter.replaceChildren(...Array.from({ length: lines }, (_, at) => {
        const line = document.createElement("span");
        line.textContent = String(at + 1);
        return line;
      }));
    }
  };

  const jump = (line) => {
    const text = document.querySelector("[data-editor] textarea");
    const editor = text?.closest("[data-editor]");
    if (!editor) return;
    const all = text.value.split("\n");
    const at = Math.min(Math.max(line, 1), all.length) - 1;
    const start = all.slice(0, at).reduce((sum, one) => sum + one.length + 1, 0);
    text.focus({ preventScroll: true });
    text.setSelectionRange(start, start + all[at].length);
    const top = at * (text.scrollHeight / all.length);
    editor.scrollTo({ top: Math.max(0, top - editor.clientHeight / 3) });
    text.scrollLeft = 0;
    editor.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement && event.target.dataset.lines) number(event.target);
  });
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const pointer = target?.closest("[data-jump]");
    if (pointer) jump(Number(pointer.dataset.jump));
    const pressed = target?.closest("button[data-wish]");
    if (pressed?.form?.elements.wish) pressed.form.elements.wish.value = pressed.dataset.wish;
  }, true);

  // A long message opens at the first line that something is wrong with.
  const open = (text) => {
    const editor = text.closest("[data-editor]"), stripe = editor?.querySelector(".stripe");
    if (!stripe || text.dataset.opened) return;
    text.dataset.opened = "true";
    editor.scrollTop = Math.max(0, stripe.offsetTop - editor.clientHeight / 3);
  };

  const found = () => document.querySelectorAll("textarea[data-lines]").forEach((text) => { number(text); open(text); });
  const watch = () => {
    found();
    new MutationObserver(found).observe(document.body, { subtree: true, childList: true });
  };
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", watch) : watch();
})();
