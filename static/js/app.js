// What htmx does not do: drawer, menu, theme, privacy, keys, toasts, copying. No inline handlers:
// elements say what they are with data- attributes.
(() => {
  "use strict";
  const root = document.documentElement;
  const remember = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // Storage may be forbidden: the choice then lasts for this page.
    }
  };

  // --- Drawer ------------------------------------------------------------------------------------

  const drawer = () => document.getElementById("drawer");
  let opener = null;
  let listAddress = null;

  const closeDrawer = () => drawer()?.close();

  const onDrawerClosed = () => {
    drawer().querySelector(".drawer-body").replaceChildren();
    if (listAddress) history.replaceState(null, "", listAddress);
    listAddress = null;
    opener?.focus();
  };

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const target = event.detail.target;
    if (!target?.closest?.("#drawer") || drawer().open) return;
    opener = event.detail.elt;
    listAddress = location.pathname + location.search;
  });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const host = drawer();
    if (!host || event.detail.target !== host.querySelector(".drawer-body")) return;
    if (!host.open) host.showModal();
    host.scrollTop = 0;
    host.querySelector("[data-first-focus]")?.focus();
  });

  document.body.addEventListener("close-drawer", closeDrawer);

  // --- Clicks --------------------------------------------------------------------------------------

  const clicks = {
    "close-drawer": closeDrawer,
    menu(button) {
      const open = button.closest(".side").classList.toggle("open");
      button.setAttribute("aria-expanded", String(open));
    },
    theme() {
      const dark = getComputedStyle(root).colorScheme === "dark"
        || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
      root.dataset.theme = dark ? "light" : "dark";
      remember("theme", root.dataset.theme);
    },
    private(button) {
      const on = root.classList.toggle("private");
      button.setAttribute("aria-pressed", String(on));
      remember("private", on ? "yes" : "no");
    },
    async copy(button) {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.of).textContent);
      toast(button.dataset.done);
    },
    focus(button) {
      const field = document.getElementById(button.dataset.of);
      field?.focus();
      field?.select?.();
    },
    "dismiss-toast": (button) => button.closest(".toast").remove(),
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) clicks[button.dataset.do]?.(button);
    if (event.target === drawer()) closeDrawer();
  });

  // --- Keys: an element with data-key="a" is pressed by that key, when nobody is typing ------------

  const typing = (element) =>
    element.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName);

  const moveSelection = (step) => {
    const items = [...document.querySelectorAll("[data-item]")];
    if (!items.length) return;
    const at = items.findIndex((item) => item.matches("[aria-current=true], :focus"));
    const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
    next.focus();
    if (next.dataset.item === "open") next.click();
    next.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) return;
    if (event.key === "j" || event.key === "k") {
      moveSelection(event.key === "j" ? 1 : -1);
      return;
    }
    const scope = drawer()?.open ? drawer() : document;
    const element = scope.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!element) return;
    event.preventDefault();
    if (typing(element)) element.focus();
    else element.click();
  });

  // --- Toasts ----------------------------------------------------------------------------------------

  const fade = (element) => setTimeout(() => element.remove(), 10_000);

  const toast = (text) => {
    if (!text) return;
    const element = document.createElement("div");
    element.className = "toast";
    element.textContent = text;
    document.getElementById("toasts").append(element);
    fade(element);
  };

  const onLoad = () => {
    drawer()?.addEventListener("close", onDrawerClosed);
    document.querySelectorAll(".toast").forEach(fade);
    document.querySelectorAll("[data-do=private]").forEach((button) => {
      button.setAttribute("aria-pressed", String(root.classList.contains("private")));
    });
  };

  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (node.matches?.(".toast")) fade(node);
    }
  }).observe(document.getElementById("toasts"), { childList: true });

  // --- When the server cannot be reached or answers with an error, say so ----------------------------

  document.body.addEventListener("htmx:sendError", () => toast(root.dataset.offline));
  document.body.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    toast(status === 404 ? root.dataset.gone : root.dataset.failed);
  });

  // A file upload shows how much has been sent in the form's own progress bar.
  document.body.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.querySelector?.("progress[data-upload]");
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.max = event.detail.total;
    bar.value = event.detail.loaded;
  });

  const zone = document.querySelector("[data-time-zone]");
  if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;

  onLoad();
})();
