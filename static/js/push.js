// Adds this browser to the devices that are told by web push. Its subscription outlives a removed
// device, for another ledger may use it. What people read stands in data- attributes of the form
// (templates/notifications/_devices.html).
(() => {
  "use strict";
  const form = document.getElementById("push-device");
  const button = form.querySelector("button");
  const told = form.querySelector("[role=status]");
  const isAble = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const hashOf = async (text) => {
    const found = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(found)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  // A browser whose push service is out of reach goes on trying, and says nothing.
  const PATIENCE_MS = 30_000;
  const inTime = (promise) => Promise.race([
    promise,
    new Promise((_, fail) => setTimeout(() => fail(new Error("…")), PATIENCE_MS)),
  ]);
  const manager = async () => (await navigator.serviceWorker.ready).pushManager;
  const isOurs = (subscription) => {
    const key = new Uint8Array(subscription.options.applicationServerKey ?? []);
    return bytes(form.dataset.key).every((byte, at) => byte === key[at]);
  };

  /** This browser's subscription by the installation's present key; an older one is ended. */
  const subscribe = async () => {
    const push = await manager();
    const old = await push.getSubscription();
    if (old && isOurs(old)) return old;
    await old?.unsubscribe();
    return push.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(form.dataset.key) });
  };

  const add = async () => {
    if ((await Notification.requestPermission()) !== "granted") return form.dataset.denied;
    let subscription;
    try {
      subscription = await inTime(subscribe());
    } catch (error) {
      return `${form.dataset.failed} ${error.message}`;
    }
    const body = new FormData(form);
    const { endpoint, keys } = subscription.toJSON();
    for (const [name, value] of Object.entries({ endpoint, ...keys })) body.set(name, value);
    const answer = await fetch(form.action, { method: "POST", body });
    if (answer.ok) return location.reload();
    return (await answer.json().catch(() => ({}))).detail ?? `${answer.status}`;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    told.textContent = form.dataset.asking;
    told.textContent = (await add().catch((error) => error.message)) ?? "";
    button.disabled = false;
  });

  // Which of the listed devices is this one; offered is what is not listed.
  const look = async () => {
    if (!isAble) {
      told.textContent = form.dataset.unsupported;
      return;
    }
    const subscription = await (await inTime(manager())).getSubscription();
    const hash = subscription ? await hashOf(subscription.endpoint) : "";
    const mark = hash && document.querySelector(`[data-push-here="${hash}"]`);
    if (mark) mark.hidden = false;
    button.hidden = Boolean(mark) && isOurs(subscription);
  };
  look().catch(() => { told.textContent = form.dataset.unsupported; });
})();
