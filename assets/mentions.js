// What colleagues share, in the browser. Completes mentions: in a textarea marked data-mentions="<id of a datalist>", typing @ and a few letters offers colleagues.
"use strict";
(() => {
  const WORD = /(^|[\s(])@([^\s@]{0,30}(?: [^\s@]{0,30})?)$/u;
  const MOST = 6;
  let box = null, field = null, found = [], at = 0;

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const people = (area) => [...(document.getElementById(area.dataset.mentions)?.options ?? [])];
  const typed = (area) => area.selectionStart === area.selectionEnd ? WORD.exec(area.value.slice(0, area.selectionStart)) : null;

  const matches = (area) => {
    const word = typed(area);
    if (!word) return [];
    const wanted = plain(word[2]);
    const fits = (option) => {
      const name = plain(option.dataset.name), about = plain(option.dataset.about);
      return name.startsWith(wanted) || name.split(" ").some((part) => part.startsWith(wanted)) || about.split(" · ").some((part) => part.startsWith(wanted));
    };
    return people(area).filter((option) => fits(option) && plain(option.value) !== wanted).slice(0, MOST);
  };

  const hide = () => {
    box?.remove();
    field?.removeAttribute("aria-activedescendant");
    box = null; found = []; at = 0;
  };

  const show = (area) => {
    hide();
    field = area;
    found = matches(area);
    if (!found.length) return;
    box = document.createElement("ul");
    box.id = "mention-choices";
    box.className = "mention-choices";
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-label", "Colleagues");
    box.dataset.testid = "mention-choices";
    found.forEach((option, index) => {
      const line = document.createElement("li"), name = document.createElement("strong"), about = document.createElement("small");
      line.id = `mention-${index}`;
      line.setAttribute("role", "option");
      name.textContent = option.dataset.name;
      about.textContent = option.dataset.about;
      line.append(name, about);
      line.addEventListener("mousedown", (event) => { event.preventDefault(); at = index; take(); });
      box.append(line);
    });
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", box.id);
    area.parentElement.append(box);
    box.scrollIntoView({ block: "nearest" });
    point(0);
  };

  const point = (to) => {
    at = (to + found.length) % found.length;
    [...box.children].forEach((line, index) => line.setAttribute("aria-selected", String(index === at)));
    field.setAttribute("aria-activedescendant", `mention-${at}`);
  };

  const take = () => {
    const word = typed(field), option = found[at];
    if (!word || !option) return hide();
    const end = field.selectionStart, start = end - word[2].length, said = `${option.value} `;
    field.setRangeText(said, start, end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    hide();
    field.focus();
  };

  const area = (event) => (event.target instanceof HTMLTextAreaElement && event.target.dataset.mentions ? event.target : null);
  document.addEventListener("input", (event) => { const here = area(event); if (here) show(here); });
  document.addEventListener("focusout", (event) => { if (area(event)) hide(); });
  document.addEventListener("keydown", (event) => {
    if (!box || area(event) !== field) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) point(at + step);
    else if (event.key === "Enter" || event.key === "Tab") take();
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  // The list under the bell closes by Escape and by a click beside it, as the close button in it does.
  const closeBell = () => document.querySelector("[data-close-bell]");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && closeBell() && !document.querySelector("dialog[open]")) {
      closeBell().click();
      document.querySelector("[data-bell]")?.focus();
    }
  });
  document.addEventListener("mousedown", (event) => {
    if (closeBell() && event.target instanceof Element && !event.target.closest(".bell")) closeBell().click();
  });
})();
