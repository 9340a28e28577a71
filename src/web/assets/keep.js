// Keeps what is typed but not sent while the page is loaded again, and brings back what was sent last, in this tab
// alone. Everything works without this script.
(function () {
  "use strict";
  var areas = document.querySelectorAll("textarea[data-keep]");
  document.querySelectorAll("[data-forget]").forEach(function (form) {
    form.addEventListener("submit", function () { sessionStorage.clear(); });
  });
  areas.forEach(function (area) {
    var typed = "typed:" + area.id, sent = "sent:" + area.id;
    var again = document.querySelector("[data-again]");
    var last = sessionStorage.getItem(sent);
    if (!area.value) area.value = sessionStorage.getItem(typed) || "";
    if (again && last) {
      again.hidden = false;
      again.addEventListener("click", function () { area.value = last; area.focus(); });
    }
    area.addEventListener("input", function () { sessionStorage.setItem(typed, area.value); });
    area.form.addEventListener("submit", function () {
      sessionStorage.removeItem(typed);
      sessionStorage.setItem(sent, area.value);
    });
  });
})();
