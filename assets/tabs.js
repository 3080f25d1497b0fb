// What tabs and filters do in the browser by themselves. Arrow keys go from tab to tab and open it; whatever carries
// data-address="name=value" writes that into the address when it is clicked, so that a reload or a link shows the same.
"use strict";
(() => {
  const address = (name, value) => {
    const url = new URL(location.href);
    value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
    history.replaceState(history.state, "", url);
  };
  document.addEventListener("click", (event) => {
    const marked = event.target instanceof Element && event.target.closest("[data-address]");
    if (!marked || marked.disabled) return;
    const [name, value] = marked.dataset.address.split("=");
    address(name, value);
  }, true);
  // On a narrow screen the open tab may lie outside the row: bring it into view, whoever opened it.
  const intoView = () => document.querySelector('[role="tab"][aria-selected="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  new MutationObserver((changes) => {
    if (changes.some((change) => change.type === "attributes" || [...change.addedNodes].some((node) => node instanceof Element && node.querySelector('[role="tab"]')))) intoView();
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-selected"] });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tab = event.target instanceof Element && event.target.closest('[role="tab"]');
    if (!tab) return;
    const all = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
    const at = all.indexOf(tab), last = all.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at ? at - 1 : last, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[to].focus();
    all[to].scrollIntoView({ block: "nearest", inline: "nearest" });
    all[to].click();
  });
})();
