// Runs before anything is drawn: tells the server which time zone this browser is in, and takes over the theme that the
// person has elsewhere, which a sign-in leaves in a cookie. So no page is drawn in the wrong theme first.
"use strict";
(() => {
  const read = (name) => document.cookie.split("; ").find((part) => part.startsWith(name + "="))?.slice(name.length + 1);
  const write = (name, value, seconds) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; SameSite=Lax; Max-Age=${seconds}${secure}`;
  };
  try {
    const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone || "");
    if (read("holdfast_zone") !== zone) write("holdfast_zone", zone, 31536000);
    const theme = read("holdfast_theme");
    if (["system", "light", "dark"].includes(theme)) localStorage.setItem("theme", theme);
    if (theme !== undefined) write("holdfast_theme", "", 0);
  } catch { /* storage may be forbidden: the shop's zone and the system's theme will do */ }
})();
