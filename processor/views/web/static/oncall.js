// Live updates, ticking times and keys. Everything else works without this file.
"use strict";
(() => {
  const pulse = document.getElementById("pulse");
  const live = () => document.getElementById("live");
  const say = (text, state) => {
    if (!pulse || pulse.textContent === text) return;
    pulse.textContent = text;
    pulse.className = "pulse " + state;
  };

  // --- live: one stream of events; what changed is asked for by the page's own address -----------------
  let asking = false;
  let again = false;
  async function refresh() {
    if (document.hidden || asking) { again = true; return; }
    asking = true;
    again = false;
    const address = location.pathname + location.search.replace(/[?&](done|undo|n)=[^&]*/g, "").replace(/^&/, "?");
    try {
      await htmx.ajax("GET", address, { source: live(), target: "#live", select: "#live", swap: "outerMorph" });
      keepSaying();
    } finally {
      asking = false;
      if (again) refresh();
    }
  }
  function listen() {
    const stream = new EventSource("/events?version=" + encodeURIComponent(live().dataset.version));
    stream.addEventListener("open", () => say("live", "live"));
    stream.addEventListener("garden", (event) => {
      say("live", "live");
      if (String(JSON.parse(event.data).version) !== live().dataset.version) refresh();
    });
    stream.addEventListener("error", () => {
      say("reconnecting", "lost");
      // A refused stream is not tried again by the browser; we do.
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    });
    addEventListener("pagehide", () => stream.close(), { once: true });
  }
  if (pulse && live().dataset.version) listen();
  document.addEventListener("visibilitychange", () => { if (again) refresh(); });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // --- times: relative ones grow older -----------------------------------------------------------------
  const STEPS = [[60, 1, "s"], [3600, 60, "min"], [172800, 3600, "h"], [63072000, 86400, "d"], [Infinity, 31536000, "y"]];
  function ago(at) {
    const seconds = Math.trunc((Date.now() - at) / 1000);
    const size = Math.abs(seconds);
    if (size < 5) return "now";
    const [, unit, name] = STEPS.find((step) => size < step[0]);
    const words = Math.floor(size / unit) + " " + name;
    return seconds < 0 ? "in " + words : words + " ago";
  }
  function tick() {
    for (const time of document.querySelectorAll("time")) {
      const place = time.dataset.form === "both" ? time.lastElementChild : time;
      const at = Date.parse(time.dateTime);
      const text = place.textContent ? ago(at) : "";
      const title = new Date(at).toLocaleString() + " here, " + time.dateTime.replace("T", " ").replace("Z", " UTC") + ", " + ago(at);
      if (time.title !== title) time.title = title;
      if (place.textContent !== text) place.textContent = text;
    }
  }
  setInterval(tick, 10000);
  tick();

  // --- the filter: addresses without what is at its default ----------------------------------------------
  const DEFAULTS = { status: "active", sort: "priority" };
  document.getElementById("filter")?.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) {
      if (value === (DEFAULTS[name] ?? "")) event.formData.delete(name);
    }
  });

  // --- actions: what was typed has been said; what came of it stays for a while -----------------------------
  let said = { nodes: [], until: 0 };
  function keepSaying() {
    const place = document.getElementById("said");
    if (!place || place.textContent || Date.now() >= said.until) return;
    place.replaceChildren(...said.nodes.map((node) => node.cloneNode(true)));
    htmx.process(place);
  }
  document.addEventListener("htmx:after:swap", (event) => {
    tick();
    // From the answer itself, which alone has something to say: a live update may have come between it and this page.
    const answer = new DOMParser().parseFromString(event.detail.ctx.text ?? "", "text/html");
    const nodes = [...answer.getElementById("said")?.childNodes ?? []];
    if (!nodes.length) return;
    said = { nodes, until: Date.now() + 20000 };
    keepSaying();
    if (event.detail.ctx.response.status >= 400) return;
    document.getElementById("act")?.reset();
    for (const box of document.querySelectorAll("input[name=chosen]:checked")) box.checked = false;
    count();
  });
  function count() {
    const n = document.querySelectorAll("input[name=chosen]:checked").length;
    const place = document.getElementById("chosen");
    if (place) place.textContent = n + " chosen";
  }
  document.addEventListener("change", (event) => { if (event.target.name === "chosen") count(); });

  // --- keys ------------------------------------------------------------------------------------------------
  const help = document.getElementById("help");
  const off = document.getElementById("keys-off");
  off.checked = localStorage.getItem("keys") === "off";
  off.addEventListener("change", () => localStorage.setItem("keys", off.checked ? "off" : "on"));
  document.getElementById("keys")?.addEventListener("click", () => help.showModal());
  function move(step) {
    const names = [...document.querySelectorAll("a.name")];
    const at = names.indexOf(document.activeElement);
    names[at < 0 ? 0 : Math.min(Math.max(at + step, 0), names.length - 1)]?.focus();
  }
  let before = "";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || off.checked || help.open) return;
    if (event.target.matches("input:not([type=checkbox]), select, textarea")) {
      if (event.key === "Enter" && event.target.dataset.enter) {
        event.preventDefault(); // else it is the form's first button
        event.target.form.querySelector(`button[value="${event.target.dataset.enter}"]`)?.click();
      } else if (event.key === "Escape") {
        event.preventDefault(); // leave what was searched for as it is
        event.target.blur();
      }
      return;
    }
    const key = event.key;
    const chord = before + key;
    before = key === "g" ? "g" : "";
    if (chord === "go") location.assign("/");
    else if (chord === "gc") location.assign("/clusters");
    else if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "x") {
      const box = document.activeElement.closest("tr")?.querySelector("input[name=chosen]");
      if (box) { box.checked = !box.checked; count(); }
    } else if ("pn".includes(key)) document.querySelector(`[data-go="${key}"]`)?.click();
    else if (key === "?") help.showModal();
    else if (key === "/") {
      const search = document.getElementById("q");
      if (search) search.focus(); else location.assign("/clusters");
    } else if ("amrut".includes(key)) document.querySelector(`[data-key="${key}"]`)?.focus();
    else return;
    event.preventDefault();
  });
})();
