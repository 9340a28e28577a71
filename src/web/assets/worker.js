// Shows what is new on a group's page, and opens it. One works for each group whose page asked.
"use strict";

function text(buffer) {
  return btoa(String.fromCharCode.apply(null, new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function bytes(text) {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
}

// Only pages of our own are opened.
function ours(url) {
  try {
    const page = new URL(url, self.location.origin);
    return page.origin === self.location.origin ? page.href : self.registration.scope.replace(/\/$/, "");
  } catch (e) {
    return self.registration.scope.replace(/\/$/, "");
  }
}

self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data.json(); } catch (e) { /* shown as news of the page */ }
  event.waitUntil(self.registration.showNotification(said.title || "…", {
    body: said.body || "",
    tag: said.tag || "",
    icon: "/assets/mark.svg",
    data: { url: ours(said.url || "") }
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = (event.notification.data || {}).url || self.registration.scope.replace(/\/$/, "");
  event.waitUntil(self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((open) => {
    const shown = open.find((client) => client.url === url);
    return shown ? shown.focus() : self.clients.openWindow(url);
  }));
});

// The browser's service gave it another place, or another key is needed: it keeps what it had.
self.addEventListener("pushsubscriptionchange", (event) => {
  const base = self.registration.scope + "notify";
  event.waitUntil((async () => {
    const offered = await (await fetch(base, { cache: "no-store" })).json();
    const former = event.oldSubscription ? event.oldSubscription.endpoint : null;
    const fresh = event.newSubscription || await self.registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytes(offered.key)
    });
    await fetch(base, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        token: offered.token,
        key: offered.key,
        endpoint: fresh.endpoint,
        p256dh: text(fresh.getKey("p256dh")),
        auth: text(fresh.getKey("auth")),
        former: former
      })
    });
  })());
});
