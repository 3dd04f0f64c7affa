// Parts of a page that the server draws again and again, and a form that may be sent without leaving its page.
// Without this file all pages work; their figures stand still.
"use strict";

function watch(live) {
  const announce = document.querySelector("[data-announce]");
  const lost = document.querySelector("[data-lost]");
  const pauseMs = 1000 * Number(live.dataset.pause);
  let events = null;
  let announcedAt = 0;

  function show(event) {
    lost.hidden = true;
    live.innerHTML = event.data; // drawn by the server, which escapes what it puts in
    const said = live.querySelector("[data-say]");
    const done = said.dataset.settled === "yes";
    // A screen reader would never come to an end if it were told each time.
    if (said.textContent.trim() !== announce.textContent && (done || Date.now() - announcedAt > pauseMs)) {
      announce.textContent = said.textContent.trim();
      announcedAt = Date.now();
    }
  }

  function follow() {
    const wanted = !document.hidden;
    if (wanted && !events) {
      events = new EventSource(live.dataset.live);
      events.onmessage = show;
      events.onerror = () => { lost.hidden = false; }; // it connects again by itself
    } else if (!wanted && events) {
      events.close(); // a browser has few connections to one host
      events = null;
    }
  }

  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => events && events.close());
  follow();
}

async function stay(event) {
  event.preventDefault();
  const form = event.target;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  } catch {
    document.querySelector("[data-lost]").hidden = false;
  }
}

document.querySelectorAll("[data-live]").forEach(watch);
document.querySelectorAll("form[data-stay]").forEach((form) => form.addEventListener("submit", stay));
