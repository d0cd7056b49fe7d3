// On a phone a question is decided by a swipe: to the right accepts, to the left says that it is no
// transaction. The buttons do the work, so that a swipe does exactly what they do.
(() => {
  "use strict";
  const ENOUGH = 96;
  let start = null;

  const pane = (event) => event.target.closest?.("[data-swipe]");
  const still = (element) => element?.style.removeProperty("translate");

  document.addEventListener("touchstart", (event) => {
    const touched = event.touches.length === 1 && !event.target.closest("input, select, textarea") && pane(event);
    start = touched ? { pane: touched, x: event.touches[0].clientX, y: event.touches[0].clientY } : null;
  }, { passive: true });

  document.addEventListener("touchmove", (event) => {
    if (!start) return;
    const across = event.touches[0].clientX - start.x;
    const down = event.touches[0].clientY - start.y;
    if (Math.abs(down) > 24 && Math.abs(down) > Math.abs(across)) {
      still(start.pane);
      start = null;
      return;
    }
    start.across = across;
    if (Math.abs(across) < 16) return;
    start.pane.style.translate = `${across}px 0`;
    start.pane.dataset.swiping = Math.abs(across) < ENOUGH ? "" : across > 0 ? "accept" : "dismiss";
  }, { passive: true });

  const end = (event) => {
    if (!start) return;
    const { pane: swiped, across = 0 } = start;
    start = null;
    still(swiped);
    delete swiped.dataset.swiping;
    if (event.type === "touchend" && Math.abs(across) >= ENOUGH) {
      swiped.querySelector(`[data-key=${across > 0 ? "a" : "x"}]`)?.click();
    }
  };
  document.addEventListener("touchend", end);
  document.addEventListener("touchcancel", end);
})();
