// Without a network a page of ours says so, instead of the browser's. Nothing else is kept.
"use strict";
const CACHE = "{{ cache|escapejs }}";
const OFFLINE = "{{ offline|escapejs }}";
const KEPT = [{% for path in kept %}"{{ path|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];

self.addEventListener("install", (event) => {
  const fresh = KEPT.map((path) => new Request(path, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const others = (names) => names.filter((name) => name.startsWith("inledger-") && name !== CACHE);
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(others(names).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  } else if (request.method === "GET" && KEPT.includes(new URL(request.url).pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(request, { ignoreSearch: true })));
  }
});

// What a push says is written by notifications/push/writing.py. A repeat has the same tag.
self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    // Not ours to read; browsers want something shown for every push.
  }
  const { title = "Inledger", body = "", url = "/notifications/", tag = "inledger" } = said;
  event.waitUntil(self.registration.showNotification(title, { body, tag, data: { url } }));
});

// The push service has ended what this browser was told by. A new one needs the page: it alone may
// send what it gets in a person's name.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(self.registration.showNotification("{{ ended.title|escapejs }}", {
    body: "{{ ended.body|escapejs }}", tag: "ended", data: { url: "{{ ended.url|escapejs }}" },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const wanted = new URL(event.notification.data?.url ?? "/", self.location.origin);
  if (wanted.origin !== self.location.origin) return;
  event.waitUntil(self.clients.matchAll({ type: "window" }).then((windows) => {
    const shown = windows.find((client) => new URL(client.url).pathname === wanted.pathname);
    return shown ? shown.focus() : self.clients.openWindow(wanted.href);
  }));
});
