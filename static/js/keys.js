// Everything by keyboard. An element with data-key="a" is pressed by that key when nobody is typing;
// `?` lists the keys of this page, Ctrl+K goes anywhere, `/` searches, j and k walk through items.
(() => {
  "use strict";
  const { openModal, closeModal, drawer, modal } = window.inledger;
  const names = document.getElementById("key-names").dataset;

  const typing = (element) =>
    element.isContentEditable
    || (/^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) && !/^(checkbox|radio|button|submit)$/.test(element.type));

  const visible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

  /** The keys live in what is open: the modal, else the drawer, else the page. */
  const scope = () => [modal(), drawer()].find((host) => host?.open) ?? document;

  const keyed = () => [...scope().querySelectorAll("[data-key]")].filter(visible);

  // --- Items ---------------------------------------------------------------------------------------

  /** On a phone the list stands alone: what it would show beside itself (data-of) is not open yet. */
  const isOpen = (item) => {
    const shown = document.getElementById(item.dataset.of);
    return item.matches("[aria-current=true]") && (!shown || visible(shown));
  };

  const moveSelection = (step) => {
    const items = [...scope().querySelectorAll("[data-item]")];
    if (!items.length) return;
    const at = items.findIndex((item) => item.matches(":focus") || isOpen(item));
    const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
    next.focus();
    if (next.dataset.item === "open") next.click();
    next.scrollIntoView({ block: "nearest" });
  };

  // --- The list of keys --------------------------------------------------------------------------

  const labelOf = (element) => {
    if (element.ariaLabel || element.dataset.keyLabel) return element.dataset.keyLabel ?? element.ariaLabel;
    if (typing(element)) return element.labels?.[0]?.textContent ?? element.placeholder;
    const copy = element.cloneNode(true);
    copy.querySelectorAll("kbd, .visually-hidden, [aria-hidden=true]").forEach((part) => part.remove());
    return copy.textContent.trim();
  };

  const showKeys = () => {
    const rows = new Map();
    for (const element of keyed()) {
      if (!rows.has(element.dataset.key)) rows.set(element.dataset.key, labelOf(element));
    }
    if (scope().querySelector("[data-item]")) rows.set("j k", names.move);
    if (document.querySelector("[data-do=palette]")) rows.set("Ctrl+K", names.palette);
    rows.set("Esc", names.escape).set("?", names.help);
    const content = document.getElementById("keys-template").content.cloneNode(true);
    for (const [keys, label] of rows) {
      const row = document.createElement("div");
      const term = document.createElement("dt");
      for (const key of keys.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = key;
        term.append(cap, " ");
      }
      const text = document.createElement("dd");
      text.textContent = label;
      row.append(term, text);
      content.querySelector("dl").append(row);
    }
    openModal(names.title, content);
  };

  // --- The palette ---------------------------------------------------------------------------------

  const RECENT = "recent";
  const recent = () => {
    try {
      return JSON.parse(sessionStorage.getItem(RECENT)) ?? [];
    } catch {
      return [];
    }
  };

  /** Remember this page for the palette: in this tab only, and not beyond it. */
  const visit = () => {
    const heading = document.querySelector(".frame h1");
    if (!heading) return;
    const here = { href: location.pathname + location.search, title: heading.textContent.trim() };
    const others = recent().filter((page) => page.href !== here.href);
    try {
      sessionStorage.setItem(RECENT, JSON.stringify([here, ...others].slice(0, 8)));
    } catch {
      // Storage may be forbidden: the palette then knows no recent pages.
    }
  };

  const palette = async () => {
    const button = document.querySelector("[data-do=palette]");
    if (!button) return;
    if (drawer()?.open) drawer().close();
    const host = document.createElement("div");
    host.className = "palette";
    openModal(button.dataset.title, host);
    const query = new URLSearchParams();
    for (const page of recent().slice(1, 6)) query.append("recent", `${page.href}\n${page.title}`);
    await window.htmx.ajax("GET", `${button.dataset.address}?${query}`, { target: host, swap: "innerHTML" });
    host.querySelector("input")?.focus();
  };

  const options = () => [...modal().querySelectorAll("[role=option]")];

  const choose = (step) => {
    const all = options();
    if (!all.length) return;
    const at = all.findIndex((option) => option.ariaSelected === "true");
    const next = all[(at + step + all.length) % all.length];
    all.forEach((option) => { option.ariaSelected = String(option === next); });
    modal().querySelector("input").setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  };

  const inPalette = (event) => {
    if (!event.target.closest?.(".palette")) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter") (options().find((o) => o.ariaSelected === "true") ?? options()[0])?.click();
    else return false;
    event.preventDefault();
    return true;
  };

  // --- Presses ----------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button?.dataset.do === "palette") palette();
    if (button?.dataset.do === "keys") showKeys();
  });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (modal().open) closeModal();
      else palette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || inPalette(event) || typing(event.target)) return;
    if (event.key === "?") {
      event.preventDefault();
      showKeys();
      return;
    }
    if (event.key === "j" || event.key === "k") {
      moveSelection(event.key === "j" ? 1 : -1);
      return;
    }
    // A held key decides once, not thirty times.
    if (event.repeat) return;
    const element = keyed().findLast((some) => some.dataset.key === event.key);
    if (!element) {
      if (event.key === "/" && scope() === document) (event.preventDefault(), palette());
      return;
    }
    event.preventDefault();
    if (typing(element)) element.focus();
    else element.click();
  });

  visit();
})();
