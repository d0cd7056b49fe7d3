// Runs before first paint, so that neither the theme nor hidden amounts flash.
(() => {
  "use strict";
  const root = document.documentElement;
  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be forbidden; the system's preference then holds
    }
  };
  const theme = stored("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  root.classList.toggle("private", stored("private") === "yes");
})();
