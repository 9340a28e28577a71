// Asks the browser to notify its reader of what is new on this page. Without this script nothing is offered.
(function () {
  "use strict";
  var WEEK = 7 * 24 * 3600 * 1000;
  document.querySelectorAll("[data-notify]").forEach(function (box) {
    var base = box.dataset.notify;
    var button = box.querySelector("button");
    var status = box.querySelector("[role=status]");
    var seen = "tongxin-notify:" + base;

    function say(word) { status.textContent = word ? box.dataset[word] : ""; status.hidden = !word; }
    function kept() { try { return Number(localStorage.getItem(seen)) || 0; } catch (e) { return 0; } }
    function keep(at) {
      try { if (at) localStorage.setItem(seen, String(at)); else localStorage.removeItem(seen); } catch (e) { /* it asks again next time */ }
    }
    function text(buffer) {
      return btoa(String.fromCharCode.apply(null, new Uint8Array(buffer)))
        .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    }
    function bytes(text) {
      return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), function (c) { return c.charCodeAt(0); });
    }
    function under(subscription, key) {
      var own = subscription.options && subscription.options.applicationServerKey;
      return !own || text(own) === key;
    }
    function offer() {
      return fetch(base, { cache: "no-store" }).then(function (answer) {
        if (!answer.ok) throw new Error("failed");
        return answer.json();
      });
    }
    function post(to, what) {
      return fetch(to, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(what)
      });
    }
    function tell(subscription, offered) {
      return post(base, {
        token: offered.token,
        key: offered.key,
        endpoint: subscription.endpoint,
        p256dh: text(subscription.getKey("p256dh")),
        auth: text(subscription.getKey("auth"))
      }).then(function (answer) {
        if (answer.status === 429) throw new Error("busy");
        if (answer.status === 422) throw new Error("unfit");
        if (answer.status === 502 || answer.status === 503) throw new Error("unreached");
        if (!answer.ok) throw new Error("failed");
        keep(Date.now());
      });
    }
    function registered() {
      return navigator.serviceWorker.register(base.replace(/notify$/, "worker.js"), { scope: base.replace(/notify$/, "") });
    }
    // Subscribes, anew where the browser knows us under another key.
    function subscribed(registration, offered) {
      function anew() {
        return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(offered.key) });
      }
      return registration.pushManager.getSubscription().then(function (known) {
        if (!known) return anew();
        if (under(known, offered.key)) return known;
        return known.unsubscribe().then(anew);
      });
    }
    function active(registration) {
      if (registration.active) return registration;
      var worker = registration.installing || registration.waiting;
      return new Promise(function (done, failed) {
        if (!worker) return failed(new Error("failed"));
        worker.addEventListener("statechange", function () {
          if (worker.state === "activated") done(registration);
          if (worker.state === "redundant") failed(new Error("failed"));
        });
      });
    }
    function show(on) {
      button.dataset.state = on ? "on" : "off";
      button.textContent = on ? box.dataset.stop : box.dataset.start;
    }
    function begin() {
      return Notification.requestPermission().then(function (answer) {
        if (answer !== "granted") throw new Error("denied");
        return registered().then(active).then(function (registration) {
          return offer().then(function (offered) {
            return subscribed(registration, offered).then(function (subscription) {
              return tell(subscription, offered).catch(function (error) {
                // What we were not taken for is not left behind.
                return subscription.unsubscribe().then(function () { throw error; });
              });
            });
          });
        });
      }).then(function () { show(true); say("started"); });
    }
    function end() {
      return navigator.serviceWorker.getRegistration(base.replace(/notify$/, "")).then(function (registration) {
        return registration ? registration.pushManager.getSubscription() : null;
      }).then(function (subscription) {
        if (!subscription) return null;
        return offer().then(function (offered) {
          return post(base + "/end", { token: offered.token, endpoint: subscription.endpoint });
        }).then(function (answer) {
          if (!answer.ok) throw new Error("failed");
          return subscription.unsubscribe();
        });
      }).then(function () { keep(0); show(false); say("stopped"); });
    }

    if (!window.isSecureContext || !("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
      // Safari on phones notifies only for pages that are kept on the home screen.
      if (navigator.standalone === false) { box.hidden = false; button.hidden = true; say("home"); }
      return;
    }
    box.hidden = false;
    show(false);
    if (Notification.permission === "denied") say("denied");
    button.addEventListener("click", function () {
      button.disabled = true;
      say("working");
      (button.dataset.state === "on" ? end() : begin()).catch(function (error) {
        var known = ["denied", "busy", "unfit", "unreached"];
        say(known.indexOf(error.message) >= 0 ? error.message : "failed");
      }).then(function () { button.disabled = false; });
    });
    navigator.serviceWorker.getRegistration(base.replace(/notify$/, "")).then(function (registration) {
      return registration && Notification.permission === "granted" ? registration.pushManager.getSubscription() : null;
    }).then(function (subscription) {
      if (!subscription) return;
      show(true);
      // Now and then we are told again, in case we have lost it, or know it under another key.
      if (Date.now() - kept() < WEEK) return;
      return offer().then(function (offered) {
        if (under(subscription, offered.key)) return tell(subscription, offered);
        return navigator.serviceWorker.getRegistration(base.replace(/notify$/, "")).then(function (registration) {
          return subscribed(registration, offered).then(function (fresh) { return tell(fresh, offered); });
        });
      });
    }).catch(function () { /* it is told another time */ });
  });
})();
