// Counts down what the server said once: “next try in 40 s”. An element with data-left (seconds, when the page was told)
// has its words kept true here, so nobody has to ask the server for the time. Only the text that React wrote is changed.
"use strict";
(() => {
  const told = new WeakMap();
  const span = (seconds) => {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(seconds / 3600), days = Math.floor(seconds / 86400);
    if (minutes < 1) return `${seconds} s`;
    if (hours < 1) return `${minutes} min`;
    if (days < 1) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
    return hours % 24 && days < 14 ? `${days} d ${hours % 24} h` : `${days} d`;
  };
  const left = (element) => {
    const given = element.dataset.left;
    let known = told.get(element);
    if (!known || known.given !== given) told.set(element, known = { given, at: performance.now() });
    return Math.floor(Number(given) - (performance.now() - known.at) / 1000);
  };
  const tick = () => {
    for (const element of document.querySelectorAll('[data-left]:not([data-left=""])')) {
      const rest = left(element);
      const words = rest > 1 ? `next try in ${span(rest)}` : "next try now";
      const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const before = texts.currentNode.data, after = before.replace(/next try (in \d+ \w+( \d+ \w+)?|now)/, words);
        if (after !== before) texts.currentNode.data = after;
      }
    }
  };
  setInterval(tick, 1000);
})();
