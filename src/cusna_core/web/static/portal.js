// Nothing here is needed: every page works without it. It saves a tap.
(() => {
  const all = (selector) => document.querySelectorAll(selector);

  for (const button of all("[data-copy]")) {
    button.hidden = false;
    const label = button.querySelector("[data-label]");
    button.addEventListener("click", async () => {
      const source = document.querySelector(`[data-field="${button.dataset.copy}"]`);
      const text = source.dataset.value;
      let done = true;
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        getSelection().selectAllChildren(source);
        done = document.execCommand("copy");
      }
      if (!done) return;
      const before = label.textContent;
      label.textContent = button.dataset.done;
      setTimeout(() => { label.textContent = before; }, 2500);
    });
  }

  // "Send again" is limited to once a minute on the server; here it says so before.
  for (const button of all("[data-wait]")) {
    const label = button.querySelector("[data-label]");
    const text = label.textContent;
    let left = Number(button.dataset.wait);
    const tick = () => {
      button.disabled = left > 0;
      label.textContent = left > 0 ? `${text} (${left})` : text;
      if (left-- > 0) setTimeout(tick, 1000);
    };
    tick();
  }

  // A pasted code may hold spaces, or the sentence around it.
  for (const input of all("[data-code]")) {
    input.addEventListener("paste", (event) => {
      const found = event.clipboardData.getData("text").replace(/[\s-]/g, "").match(/\d{8}/);
      if (!found) return;
      event.preventDefault();
      input.value = found[0];
    });
  }

  // A page that shows the passphrase does not reload itself; only its states are looked at again.
  const live = document.querySelector("[data-live]");
  let looks = 20;
  const look = async () => {
    if (looks-- <= 0 || document.hidden) return looks > 0 && setTimeout(look, 5000);
    try {
      const answer = await fetch(live.dataset.live, { credentials: "same-origin", redirect: "error" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const at of ["networks", "said"]) {
        const now = document.getElementById(at), then = fresh.getElementById(at);
        if (now && then && now.innerHTML !== then.innerHTML) now.replaceWith(document.adoptNode(then));
      }
      if (!document.querySelector('[data-field="state"][data-value="pending"], [data-field="state"][data-value="delayed"]')) return;
    } catch { /* the next look may do better */ }
    setTimeout(look, 4000);
  };
  if (live) setTimeout(look, 3000);
})();
