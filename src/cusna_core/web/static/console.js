// Nothing here is needed: every page says what it knows without it. It shows what changes as it does.
(() => {
  const main = document.getElementById("main");
  if (!main || !main.dataset.since || !window.EventSource) return;
  const regions = () => [...document.querySelectorAll("[data-live]")];
  if (!regions().length) return;

  const said = document.getElementById("live-said");
  const LOOK = { "X-Cusna-Look": "1", Accept: "text/html" };
  let since = main.dataset.since;
  let source = null, retry = 0, timer = 0;
  let waiting = new Set(), fetching = false, due = 0, ended = false, spoke = 0;

  const hears = (region, topics) => topics.has("*") || region.dataset.live.split(" ").some((one) => one === "*" || topics.has(one));

  // What is said aloud is a summary, when it changes, and not more often than every ten seconds.
  const speak = (region) => {
    const text = region.dataset.say;
    if (!said || !text || said.textContent === text || Date.now() - spoke < 10000) return;
    spoke = Date.now();
    said.textContent = text;
  };

  // Whoever is on a link or a button stays there; whoever types is not disturbed.
  const place = (focused) => focused.id ? `#${CSS.escape(focused.id)}` : focused.getAttribute("href") ? `a[href="${CSS.escape(focused.getAttribute("href"))}"]` : null;
  const typing = (region) => {
    const focused = document.activeElement;
    return focused && region.contains(focused) && focused.matches("input:not([type=hidden]), select, textarea");
  };

  const swap = (now, then) => {
    if (now.outerHTML === then.outerHTML) return;
    // What somebody decides upon does not change under their hands: they are told instead.
    if (now.dataset.digest !== undefined) {
      if (now.dataset.digest !== then.dataset.digest) {
        for (const note of document.querySelectorAll("[data-outdated]")) note.hidden = false;
        speak({ dataset: { say: document.querySelector("[data-outdated] strong").textContent } });
        return;
      }
    }
    const focused = document.activeElement;
    const back = focused && now.contains(focused) ? place(focused) : null;
    const open = new Set([...now.querySelectorAll("details[open][id]")].map((one) => one.id));
    // A bar that moves is moved and not made anew, so that it glides.
    const bars = now.querySelectorAll("progress"), fresh = then.querySelectorAll("progress");
    const before = [...bars].map((one) => one.value);
    const changed = now.dataset.say !== then.dataset.say;
    const put = document.adoptNode(then);
    now.replaceWith(put);
    for (const id of open) { const one = document.getElementById(id); if (one) one.open = true; }
    [...fresh].forEach((one, number) => {
      if (before.length !== fresh.length || !one.hasAttribute("value")) return;
      const value = one.value;
      one.value = before[number];
      requestAnimationFrame(() => { one.value = value; });
    });
    if (back) { const one = put.querySelector(back); if (one) one.focus({ preventScroll: true }); }
    if (changed) speak(put);
  };

  const look = async () => {
    if (fetching || ended || !waiting.size) return;
    const topics = waiting;
    waiting = new Set();
    const mine = regions().filter((one) => hears(one, topics));
    if (!mine.length) return;
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: LOOK, credentials: "same-origin", redirect: "manual" });
      if (answer.type === "opaqueredirect") { end(); return; }
      if (answer.ok || answer.status === 409) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const now of mine) {
          const then = now.id && fresh.getElementById(now.id);
          if (typing(now)) topics.forEach((one) => waiting.add(one));
          else if (then && document.contains(now)) swap(now, then);
        }
      }
    } catch { topics.forEach((one) => waiting.add(one)); }
    fetching = false;
    if (waiting.size) later(3000);
  };

  const later = (pause) => {
    const at = Date.now() + pause;
    if (due && due <= at) return;
    due = at;
    setTimeout(() => { due = 0; look(); }, pause);
  };

  const end = () => {
    ended = true;
    stop();
    const note = document.getElementById("live-ended");
    if (note) { note.hidden = false; note.textContent = note.dataset.text; }
  };

  const stop = () => {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  };

  const start = () => {
    if (ended || document.hidden || source) return;
    source = new EventSource(`/console/live?since=${encodeURIComponent(since)}`);
    source.addEventListener("open", () => { retry = 0; });
    source.addEventListener("changed", (event) => {
      since = event.lastEventId || since;
      for (const one of JSON.parse(event.data).topics) waiting.add(one);
      later(150);
    });
    source.addEventListener("end", end);
    source.addEventListener("error", () => {
      // Its own way of trying again knows no patience and gives up at an error's status.
      stop();
      if (ended || document.hidden) return;
      const pause = Math.min(60000, 2000 * 2 ** retry++) * (0.5 + Math.random() / 2);
      timer = setTimeout(start, pause);
    });
  };

  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); else { retry = 0; start(); } });
  addEventListener("pagehide", stop);
  addEventListener("pageshow", start);
  start();
})();
