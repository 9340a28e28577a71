// Copies a piece of text by one tap. Everything works without this script: the text can be selected.
(function () {
  "use strict";
  function old(piece) {
    var range = document.createRange();
    range.selectNodeContents(piece);
    var selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    try { return document.execCommand("copy"); } catch (e) { return false; }
  }
  function copy(piece) {
    if (navigator.clipboard && window.isSecureContext)
      return navigator.clipboard.writeText(piece.textContent).then(function () { return true; }, function () { return old(piece); });
    return Promise.resolve(old(piece));
  }
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    var piece = button.parentElement.querySelector("[data-piece]");
    button.hidden = false;
    button.addEventListener("click", function () {
      copy(piece).then(function (done) {
        if (!done) return;
        button.textContent = button.dataset.done;
        button.classList.add("done");
        window.getSelection().removeAllRanges();
      });
    });
  });
  document.querySelectorAll("[data-copies]").forEach(function (e) { e.hidden = false; });
  document.querySelectorAll("[data-selects]").forEach(function (e) { e.hidden = true; });
})();
