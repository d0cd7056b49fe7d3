// What is typed is never lost, and nothing is sent twice: double clicks, lost connections, expired
// sessions and rows that are gone are told in plain words.
(() => {
  "use strict";
  const { toast } = window.inledger;
  const words = document.documentElement.dataset;

  // --- Sent once --------------------------------------------------------------------------------------

  const busy = new WeakSet();
  const isWrite = (verb) => verb && verb.toLowerCase() !== "get";

  // Before htmx would queue it. A form that saves itself field by field queues on purpose (hx-sync).
  document.body.addEventListener("htmx:confirm", (event) => {
    const { elt, verb } = event.detail;
    if (isWrite(verb) && !elt.hasAttribute("hx-sync") && busy.has(elt)) event.preventDefault();
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (isWrite(event.detail.requestConfig.verb)) busy.add(event.detail.elt);
  });
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    const leaves = /^hx-(refresh|redirect)/im.test(detail.xhr?.getAllResponseHeaders() ?? "");
    if (!leaves) busy.delete(detail.elt);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) event.preventDefault();
    else form.dataset.sent = "yes";
  });
  // The browser may show the page again as it was left.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // A form that makes something (data-once) names what it sends, so that it makes one also where the
  // answer was lost and it is sent again. What is changed meanwhile is something else.
  const nameOf = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");
  document.body.addEventListener("htmx:configRequest", ({ detail }) => {
    if (!isWrite(detail.verb) || !detail.elt.matches("form[data-once]")) return;
    detail.elt.dataset.once ||= nameOf();
    detail.headers["Idempotency-Key"] = detail.elt.dataset.once;
  });
  const isNew = (form) => {
    if (form?.matches("form[data-once]")) form.dataset.once = "";
  };
  document.addEventListener("input", ({ target }) => isNew(target.closest("form")));
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful) isNew(detail.elt);
  });

  // --- Told in plain words ------------------------------------------------------------------------------

  const again = (elt) => ({
    label: words.again,
    run: () => (elt.isConnected ? window.htmx.trigger(elt, elt.matches("form") ? "submit" : "click") : location.reload()),
  });
  const reload = { label: words.reload, run: () => location.reload() };
  let wasOffline = false;

  document.body.addEventListener("htmx:sendError", (event) => {
    wasOffline = true;
    const polls = /every/.test(event.detail.elt.getAttribute("hx-trigger") ?? "");
    toast(words.offline, { bad: true, action: polls ? null : again(event.detail.elt) });
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (!wasOffline || !event.detail.xhr?.status) return;
    wasOffline = false;
    for (const old of document.querySelectorAll("#toasts > .bad")) {
      if (old.dataset.text === words.offline) old.remove();
    }
    toast(words.online);
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 404 || status === 410) toast(words.gone, { bad: true, action: reload });
    else if (status === 403) {
      interrupt();
      toast(words.refused, { bad: true, action: reload });
    }
    else toast(words.failed, { bad: true, action: again(event.detail.elt) });
  });

  // --- Kept over an expired session: in this tab, until one has signed in again -----------------------

  const DRAFT = "draft";
  const KEPT_FOR = 30 * 60_000;
  const SECRET = /^(password|hidden|file|submit|button)$/;
  const store = (value) => {
    try {
      if (value) sessionStorage.setItem(DRAFT, JSON.stringify(value));
      else sessionStorage.removeItem(DRAFT);
    } catch {
      // Storage may be forbidden: nothing is kept then.
    }
  };
  const stored = () => {
    try {
      return JSON.parse(sessionStorage.getItem(DRAFT));
    } catch {
      return null;
    }
  };
  const fieldsOf = (form) =>
    [...form.elements].filter((field) => field.name && !SECRET.test(field.type) && !field.dataset.secret);
  const pathOf = (form) => new URL(form.getAttribute("action") || location.href, location.href).pathname;

  const keep = (form) => {
    if (!form.closest(".main, .drawer")) return;
    const values = fieldsOf(form).map((field) => [
      field.name, /^(checkbox|radio)$/.test(field.type) ? field.checked : field.value, field.value,
    ]);
    if (values.length) store({ page: location.pathname, action: pathOf(form), values, at: Date.now() });
  };

  document.addEventListener("submit", (event) => {
    if (event.target.method === "post") keep(event.target);
  }, true);
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt.closest?.("form");
    if (form && isWrite(event.detail.requestConfig.verb)) keep(form);
  });
  // The page has to be loaded again, or left for a while: what was kept is put back then.
  const interrupt = (draft = stored()) => {
    store(draft && Date.now() - draft.at < KEPT_FOR ? { ...draft, isInterrupted: true } : null);
  };
  // Saved, or refused with the form as it was typed: nothing left to keep.
  document.body.addEventListener("htmx:afterSwap", () => store(null));

  const restore = () => {
    const draft = stored();
    if (!draft) return;
    if (document.body.classList.contains("door")) {
      interrupt(draft);
      return;
    }
    store(null);
    if (!draft.isInterrupted || draft.page !== location.pathname) return;
    const form = [...document.forms].find((some) => some.method === "post" && pathOf(some) === draft.action);
    if (!form) return;
    fieldsOf(form).forEach((field, index) => {
      const [name, value, choice] = draft.values[index] ?? [];
      if (name !== field.name) return;
      if (typeof value !== "boolean") field.value = value;
      else if (choice === field.value) field.checked = value;
    });
    toast(words.restored);
    // A form that saves itself does so now.
    if (/change/.test(form.getAttribute("hx-trigger") ?? "")) form.requestSubmit();
  };
  restore();
})();
