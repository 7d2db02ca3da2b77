/* The service worker of the whole site. `self.PSA`, put before this text, names the version, the files
   to keep and the pages that open without a network. Files are the same for everybody. Pages are kept
   for the user that the answer names, and for nobody else: another user's answer, a page to sign in
   and signing out drop them. No other page and no other answer is ever kept. */
const { version, files, paths, style } = self.PSA;
const FILES = `psa-files-${version}`;
const PAGES = "psa-pages";
const KEPT_FOR = "X-Kept-For";
const PATIENCE = 4000;
const HASHED = /\.[0-9a-f]{12}\.\w+$/;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(FILES)
      .then((cache) => cache.addAll(files.map((file) => new Request(file, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(
        names.filter((name) => name.startsWith("psa-files-") && name !== FILES).map((name) => caches.delete(name)),
      ))
      .then(() => self.clients.claim()),
  );
});

/* Reading what a page showed is over with signing out; what was typed and not sent yet stays. */
const dropSnapshots = () => new Promise((resolve) => {
  const opening = indexedDB.open("psa");
  // A device that keeps nothing is left so: an empty store would be taken for one of the first version.
  opening.onupgradeneeded = () => opening.transaction.abort();
  opening.onerror = () => resolve();
  opening.onsuccess = () => {
    const database = opening.result;
    const names = ["weeks", "facts"].filter((name) => database.objectStoreNames.contains(name));
    if (!names.length) { database.close(); resolve(); return; }
    const work = database.transaction(names, "readwrite");
    names.forEach((name) => work.objectStore(name).clear());
    work.oncomplete = work.onabort = () => { database.close(); resolve(); };
  };
});
const forget = () => Promise.all([caches.delete(PAGES), dropSnapshots()]);
const forgetDevice = () => Promise.all([
  forget(),
  self.registration.pushManager?.getSubscription().then((one) => one?.unsubscribe()).catch(() => {}),
]);

const within = (promise, milliseconds) => Promise.race([
  promise,
  new Promise((resolve, reject) => { setTimeout(() => reject(new Error("slow")), milliseconds); }),
]);

const firmOf = (url) => url.pathname.split("/")[1];
const keptPath = (url) => {
  const firm = firmOf(url);
  const path = paths.find((one) => url.pathname.startsWith(`/${firm}/${one}`));
  return path && `/${firm}/${path}`;
};

const keep = async (address, response) => {
  const owner = response.headers.get(KEPT_FOR);
  if (!response.ok || !owner) return;
  const cache = await caches.open(PAGES);
  for (const request of await cache.keys()) {
    const kept = await cache.match(request);
    if (kept?.headers.get(KEPT_FOR) !== owner) await cache.delete(request);
  }
  await cache.put(address, response);
};

const withoutNetwork = (url) => {
  const german = self.navigator.language.startsWith("de");
  const [title, text, link] = german
    ? ["Kein Netz", "Diese Seite braucht das Netz. Zeiten und Auslagen erfassen Sie auch ohne.", "Mein Tag"]
    : ["No network", "This page needs the network. Time and expenses you enter without one.", "My day"];
  const firm = encodeURIComponent(firmOf(url));
  const way = firm && firm !== "accounts" ? `<p><a class="btn btn-primary" href="/${firm}/${paths[0]}">${link}</a></p>` : "";
  const body = `<!doctype html><html lang="${german ? "de" : "en"}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${title}</title><link rel="stylesheet" href="${style}"></head>
<body class="psa-solo"><main><h1>${title}</h1><p>${text}</p>${way}</main></body></html>`;
  return new Response(body, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
};

const page = async (event, url) => {
  const address = keptPath(url);
  const kept = address && (await (await caches.open(PAGES)).match(address));
  const asked = fetch(event.request);
  try {
    const response = await (kept ? within(asked, PATIENCE) : asked);
    if (address) event.waitUntil(keep(address, response.clone()));
    return response;
  } catch {
    asked.catch(() => {});
    return kept || withoutNetwork(url);
  }
};

const file = async (event, url) => {
  const kept = await (await caches.open(FILES)).match(event.request, { ignoreVary: true });
  if (kept && HASHED.test(url.pathname)) return kept;
  const asked = fetch(event.request);
  if (!kept) return asked;
  try {
    return await within(asked, PATIENCE);
  } catch {
    asked.catch(() => {});
    return kept;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === "/accounts/logout/" && request.method === "POST") event.waitUntil(forgetDevice());
    else if (url.pathname === "/accounts/login/") event.waitUntil(forget());
    if (request.method === "GET") event.respondWith(page(event, url));
  } else if (request.method === "GET" && url.pathname.startsWith("/static/")) {
    event.respondWith(file(event, url));
  }
});

/* Notifications: the server sends words and an address inside this site, never an amount. */
self.addEventListener("push", (event) => {
  let told;
  try { told = event.data.json(); } catch { return; }
  event.waitUntil(self.registration.showNotification(told.title, {
    body: told.body,
    tag: told.tag,
    lang: told.lang,
    icon: "/static/icons/icon-192.png",
    badge: "/static/icons/badge-96.png",
    data: { address: told.address, decide: told.decide, right: told.right, failed: told.failed },
    actions: (told.actions || []).map(({ action, title }) => ({ action, title })),
  }));
});

/* A decision by its button: the sealed right is sent in the session that this browser has, and the answer
   is the next message. Without an answer the message stays, with its buttons; to press again does it once. */
const decide = async ({ title, body, tag, lang, data, actions }) => {
  const say = (words, more) => self.registration.showNotification(words.title, {
    body: words.body, tag, lang, icon: "/static/icons/icon-192.png", badge: "/static/icons/badge-96.png",
    data: { address: data.address }, ...more,
  });
  try {
    const answer = await fetch(data.decide, {
      method: "POST",
      credentials: "same-origin",
      redirect: "manual",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ right: data.right }),
    });
    const told = await answer.json();
    if (!told.title) throw new Error(told.error);
    return await say(told);
  } catch {
    const [failed, why] = data.failed;
    return say({ title: failed, body: [title, body, why].filter(Boolean).join("\n") }, { data, actions });
  }
};

/* In the window that is open, else in a new one. Not every browser brings a window to the front when asked, and one
   that this worker does not serve yet is not led elsewhere. */
const show = async (address) => {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = windows.find((one) => new URL(one.url).origin === address.origin);
  if (!open) return self.clients.openWindow(address.href);
  await open.focus().catch(() => {});
  return open.navigate(address.href).catch(() => self.clients.openWindow(address.href));
};

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = new URL(event.notification.data?.address || "/", self.location.origin);
  if (address.origin !== self.location.origin) return;
  const { decide: where, right } = event.notification.data || {};
  const decides = event.action === "decide" && right && new URL(where, self.location.origin).origin === self.location.origin;
  event.waitUntil(decides ? decide(event.notification) : show(address));
});
