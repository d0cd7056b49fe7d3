// What htmx does not do: drawer, modal, sheet, theme, privacy, toasts,
// copying; keys.js has the keys and the palette, forms.js what happens to what is typed. No inline handlers:
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
  let isListStale = false;

  const closeDrawer = () => drawer()?.close();

  const onDrawerClosed = () => {
    drawer().querySelector(".drawer-body").replaceChildren();
    if (listAddress) history.replaceState(null, "", listAddress);
    if (listAddress && isListStale) location.reload();
    listAddress = null;
    opener?.focus();
  };

  // More than the row of what is open has changed: the list is loaded again once it is seen.
  document.body.addEventListener("list-changed", () => { isListStale = true; });

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const { target, elt } = event.detail;
    if (!target?.closest?.("#drawer") || drawer().open) return;
    // Two of a kind on one page would share their ids: from one's own page, the other's is gone to.
    if (elt.href && elt.closest(".main .detail")) {
      event.preventDefault();
      location.assign(elt.href);
      return;
    }
    opener = elt;
    listAddress = location.pathname + location.search;
  });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const host = drawer();
    if (!host || event.detail.target !== host.querySelector(".drawer-body")) return;
    if (!host.open) host.showModal();
    raiseToasts();
    host.scrollTop = 0;
    host.querySelector("[data-first-focus]")?.focus();
  });

  // What went wrong is above the button that was pressed: on a phone, out of sight.
  document.body.addEventListener("htmx:afterSettle", (event) => {
    event.detail.elt.querySelector?.(".note.bad[role=alert]")?.scrollIntoView({ block: "nearest" });
  });

  document.body.addEventListener("close-drawer", closeDrawer);

  // Its own page and the drawer show the same form at the same address: the server has to know.
  document.body.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt.closest("#drawer")) detail.headers["X-Drawer"] = "true";
  });

  // What was done in the drawer changes the list behind it: that is what is loaded again.
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Refresh") !== "true" || !drawer()?.open) return;
    if (listAddress) history.replaceState(null, "", listAddress);
  });

  // --- Modal: one host, filled from a template or by the server -------------------------------------

  const modal = () => document.getElementById("modal");

  /** Show `content` under a title; the browser keeps the focus inside and closes it on Escape. */
  const openModal = (title, content) => {
    const host = modal();
    host.querySelector(".modal-title").textContent = title;
    host.querySelector(".modal-body").replaceChildren(content);
    window.htmx?.process(host.querySelector(".modal-body"));
    if (!host.open) host.showModal();
    raiseToasts();
    (host.querySelector("[data-first-focus]") ?? host.querySelector(".modal-close")).focus();
    return host;
  };

  const closeModal = () => modal()?.close();

  // Beside an open dialog nothing can be pressed: what is told, and its “Try again”, goes inside.
  const raiseToasts = () => {
    const host = [modal(), drawer()].find((dialog) => dialog?.open) ?? document.body;
    const toasts = document.getElementById("toasts");
    if (toasts.parentElement !== host) host.append(toasts);
  };

  // --- The phone's sheet with the rest of the navigation -------------------------------------------

  const openMore = (open) => {
    const button = document.querySelector("[data-do=more]");
    const was = button?.closest(".nav").classList.contains("open");
    if (!button || was === open) return;
    button.closest(".nav").classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
    if (open) document.querySelector("#more a")?.focus();
    else button.focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") openMore(false);
  });

  // --- Clicks --------------------------------------------------------------------------------------

  const clicks = {
    "close-drawer": closeDrawer,
    "close-modal": closeModal,
    more: (button) => openMore(!button.closest(".nav").classList.contains("open")),
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
    unfold(button) {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
    },
    "dismiss-toast": (button) => button.closest(".toast").remove(),
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) clicks[button.dataset.do]?.(button);
    if (event.target === drawer()) closeDrawer();
    if (event.target === modal()) closeModal();
    if (!event.target.closest(".nav")) openMore(false);
  });

  // --- Toasts ----------------------------------------------------------------------------------------

  // What can be read at leisure stays while it is looked at; what went wrong stays until dismissed.
  const fade = (element) => {
    if (element.classList.contains("bad")) return;
    const gone = () => (element.matches(":hover, :focus-within") ? later() : element.remove());
    const later = () => setTimeout(gone, 10_000);
    later();
  };

  /** Tell something: `{ bad, action: { label, run } }` says how. The same news is told once. */
  const toast = (text, { bad = false, action = null } = {}) => {
    if (!text) return;
    const host = document.getElementById("toasts");
    for (const other of host.children) if (other.dataset.text === text) other.remove();
    const element = document.createElement("div");
    element.className = bad ? "toast bad" : "toast";
    element.dataset.text = text;
    element.append(text);
    if (action) element.append(toastButton(action.label, () => (element.remove(), action.run())));
    if (bad) element.append(toastButton(root.dataset.dismiss, () => element.remove()));
    host.append(element);
  };

  const toastButton = (label, run) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = label;
    button.addEventListener("click", run);
    return button;
  };

  // What was undone cannot be undone again.
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) event.detail.elt.closest?.(".toast")?.remove();
  });

  // Of a strip that is wider than the screen, the part with where one is.
  const showCurrent = () => {
    for (const strip of document.querySelectorAll(".tabs, .settings-nav")) {
      const current = strip.querySelector("[aria-current]")?.getBoundingClientRect();
      if (!current || strip.scrollWidth <= strip.clientWidth) continue;
      const box = strip.getBoundingClientRect();
      strip.scrollLeft += current.left + current.width / 2 - box.left - box.width / 2;
    }
  };

  const onLoad = () => {
    showCurrent();
    addEventListener("resize", showCurrent);
    drawer()?.addEventListener("close", onDrawerClosed);
    for (const dialog of [drawer(), modal()]) dialog?.addEventListener("close", raiseToasts);
    document.querySelectorAll(".toast").forEach(fade);
    document.querySelectorAll("[data-do=private]").forEach((button) => {
      button.setAttribute("aria-pressed", String(root.classList.contains("private")));
    });
  };

  // Who decides fast would have the page covered by what was decided: the last few can be undone.
  const SHOWN = 3;
  const crowd = () => [...document.querySelectorAll("#toasts > .toast:not(.bad)")].slice(0, -SHOWN);

  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (node.matches?.(".toast")) fade(node);
    }
    crowd().forEach((element) => element.remove());
  }).observe(document.getElementById("toasts"), { childList: true });

  window.inledger = { toast, openModal, closeModal, drawer, modal };

  const zone = document.querySelector("[data-time-zone]");
  if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;

  // Shows our own page without a network; keeps nothing else (config/installing.py).
  navigator.serviceWorker?.register("/service-worker.js").catch(() => {});

  onLoad();
})();
