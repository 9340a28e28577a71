// Shows what is new without loading the page again. Everything works without this script.
(function () {
  "use strict";
  document.querySelectorAll("[data-live]").forEach(function (list) {
    if (!("EventSource" in window)) return;
    var down = list.dataset.grows === "down";
    var after = list.dataset.after;
    var badge = document.querySelector(".live");
    var stream = new EventSource(list.dataset.live + (after ? "?after=" + encodeURIComponent(after) : ""));
    stream.onopen = function () { if (badge) badge.hidden = false; };
    stream.onerror = function () { if (badge) badge.hidden = true; };
    function put(event) {
      var holder = document.createElement("template");
      // Our own server wrote this, with every letter escaped; scripts in it would be refused by the policy.
      holder.innerHTML = event.data;
      var fresh = holder.content.firstElementChild;
      if (!fresh) return;
      var known = document.getElementById(fresh.id);
      if (known) {
        if (!known.contains(document.activeElement)) known.replaceWith(fresh);
        return;
      }
      if (event.type === "amend") return;
      document.querySelectorAll("[data-empty]").forEach(function (e) { e.remove(); });
      fresh.classList.add("fresh");
      if (down) {
        list.append(fresh);
        if (!document.activeElement || document.activeElement.tagName !== "TEXTAREA" || !document.activeElement.value)
          fresh.scrollIntoView({ block: "nearest" });
      } else list.prepend(fresh);
    }
    stream.onmessage = put;
    stream.addEventListener("amend", put);
    stream.addEventListener("toast", function (event) {
      var toast = document.querySelector("[data-toast]");
      if (toast) { toast.textContent = event.data; toast.hidden = false; }
    });
  });
})();
