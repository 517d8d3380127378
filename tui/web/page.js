// The keyboard belongs to the terminal from the start, and again after a click beside it.
window.addEventListener("load", () => {
  const focus = () => document.querySelector(".xterm-helper-textarea")?.focus();
  new MutationObserver((_, watching) => {
    if (document.querySelector(".xterm-helper-textarea")) {
      watching.disconnect();
      focus();
    }
  }).observe(document.body, { childList: true, subtree: true });
  focus();
  document.addEventListener("click", focus);
});
