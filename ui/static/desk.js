// The support desk by keyboard: "/" finds, "a" asks, "r" answers, j and k walk the list, Esc leaves a field.
(() => {
  if (window.regularsDesk) return;
  window.regularsDesk = true;
  const typing = (node) => node && (node.isContentEditable || /^(TEXTAREA|SELECT)$/.test(node.tagName)
    || (node.tagName === "INPUT" && !/^(radio|checkbox|button)$/.test(node.type)));
  const field = (id) => document.querySelector(`#${id} textarea, #${id} input`);
  const walk = (step) => {
    const all = [...document.querySelectorAll(".rs-picks input[type=radio]")];
    if (!all.length) return;
    const at = all.findIndex((one) => one.checked);
    const next = all[Math.min(all.length - 1, Math.max(0, at + step))] || all[0];
    if (next.checked) return;
    next.click();
    next.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const node = document.activeElement;
    if (event.key === "Escape" && typing(node)) { node.blur(); return; }
    if (event.key === "ArrowDown" && node === field("desk-find")) { event.preventDefault(); walk(1); return; }
    // The page opens in the find field: "/" there means find as well, and no name or number begins with it.
    if (event.key === "/" && node === field("desk-find") && !node.value) { event.preventDefault(); return; }
    if (typing(node)) return;
    const target = { "/": "desk-find", a: "desk-ask", r: "desk-message" }[event.key];
    if (target && field(target)) {
      event.preventDefault();
      field(target).focus();
      field(target).select();
    } else if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      walk(event.key === "j" ? 1 : -1);
    }
  });
})();
