// Keys and the clock of the page. A key presses the visible element whose data-key it is.
"use strict";
(() => {
  const fields = "textarea, select, input:not([type=radio]):not([type=checkbox])";
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const seen = (one) => one.hidden || one.offsetParent !== null;
  const clock = { begun: 0, looked: 0 };

  const start = () => Object.assign(clock, { begun: document.hidden ? 0 : performance.now(), looked: 0 });
  const pause = () => {
    if (clock.begun) clock.looked += performance.now() - clock.begun;
    clock.begun = document.hidden ? 0 : performance.now();
  };
  const seconds = () => (clock.looked + (clock.begun ? performance.now() - clock.begun : 0)) / 1000;

  function press(key, event) {
    const dialog = document.querySelector("dialog[open]");
    if (dialog) return;
    const named = all("[data-key]").find((one) => one.dataset.key === key && seen(one));
    if (named) {
      event.preventDefault();
      if (named.matches(fields)) named.focus();
      else named.click();
    } else if (/^[0-9]$/.test(key) && rate(key)) event.preventDefault();
  }

  // A key that comes while the next item is on its way was not meant for it.
  const ready = (isReady) => { document.body.toggleAttribute("data-ready", isReady); };
  document.addEventListener("htmx:before:request", () => ready(false));
  document.addEventListener("htmx:finally:request", () => ready(true));
  document.addEventListener("alpine:initialized", () => ready(true));

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat && /^[a-z0-9]$/i.test(event.key)) return;
    const field = event.target.closest?.(fields);
    const isReady = document.body.hasAttribute("data-ready");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const send = all("[data-send]").find(seen);
      if (send && isReady) { event.preventDefault(); send.click(); }
    } else if (field && event.key === "Escape") {
      field.blur();
      if (field.closest(".editing")) press("Escape", event);
      else rest("[data-scroll]");
    }
    if (field || !isReady || Spans.isChord(event)) return;
    if (event.key === "Enter" && event.target.closest("button, a, summary")) return;
    press(event.key.length === 1 ? event.key.toLowerCase() : event.key, event);
  });

  document.addEventListener("click", (event) => {
    const one = event.target.closest("button");
    if (!one) return;
    if (one.dataset.opens) document.getElementById(one.dataset.opens).showModal();
    if (one.dataset.evidence) go(Number(one.dataset.evidence));
    if (one.dataset.step) go(place + Number(one.dataset.step));
    if (one.hasAttribute("data-rubric-step")) point(1);
  });

  // --- evidence ---
  let place = 0;
  function go(number) {
    const found = all(".found");
    if (!found.length) return;
    place = ((number - 1 + found.length) % found.length) + 1;
    const one = found[place - 1];
    found.forEach((other) => other.classList.toggle("here", other === one));
    const show = () => one.scrollIntoView({ block: "center", behavior: "instant" });
    show();
    requestAnimationFrame(show); // what came into view has its true height by now
    one.focus({ preventScroll: true });
  }

  // --- ratings ---
  const rubrics = () => all("[data-rubric]");
  function point(step) {
    const many = rubrics();
    const at = many.findIndex((one) => one.classList.contains("current"));
    many.forEach((one, i) => one.classList.toggle("current", i === (at + step + many.length) % many.length));
  }
  function rate(digit) {
    const current = document.querySelector("[data-rubric].current");
    if (!current) return false;
    const radios = all("input", current);
    if (digit === "0") radios.forEach((one) => (one.checked = false));
    const chosen = radios.find((one) => one.value === digit);
    if (!chosen) return digit === "0";
    chosen.checked = true;
    const open = rubrics().filter((one) => !one.querySelector(":checked"));
    const next = open.find((one) => current.compareDocumentPosition(one) & 4) ?? open[0];
    if (next) rubrics().forEach((one) => one.classList.toggle("current", one === next));
    return true;
  }

  // --- what was written and not sent ---
  let isWritten = false;
  const written = () => { isWritten = true; };
  document.addEventListener("longgrain:written", written);
  document.addEventListener("input", (event) => { if (event.target.closest("#work form[hx-post]")) written(); });
  addEventListener("beforeunload", (event) => { if (isWritten) event.preventDefault(); });

  // --- sending ---
  const problem = () => document.getElementById("problem");
  document.addEventListener("submit", (event) => {
    const clocked = event.target.elements.seconds;
    if (clocked) clocked.value = seconds().toFixed(1);
    if (!event.target.hasAttribute("hx-post")) isWritten = false;
  }, true);
  document.addEventListener("htmx:error", () => {
    const said = document.createElement("p");
    said.className = "problem";
    said.textContent = problem().dataset.unreachable;
    problem().replaceChildren(said);
  });

  function rest(where) {
    const one = where && document.querySelector(where);
    if (one) one.focus({ preventScroll: true });
  }
  function begin() {
    place = 0;
    isWritten = false;
    start();
    const said = document.querySelector("#work")?.dataset.said ?? "";
    document.getElementById("status").textContent = said;
    rubrics().forEach((one, i) => one.classList.toggle("current", i === 0));
    if (!document.querySelector("#work [autofocus]")) rest("[data-scroll]");
  }
  document.addEventListener("visibilitychange", pause);
  document.addEventListener("htmx:after:swap", () => {
    if (!document.querySelector("#problem .problem")) {
      begin();
      if (location.pathname !== "/") history.replaceState(null, "", "/");
    }
  });
  document.addEventListener("DOMContentLoaded", begin);

  document.addEventListener("alpine:init", () => {
    Alpine.data("judging", () => ({
      editing: false,
      edit() {
        this.editing = true;
        // At once: the next key is already part of what is written.
        this.$refs.first.closest(".editing").style.display = "";
        this.$refs.first.focus();
      },
      leave() {
        this.editing = false;
        this.$nextTick(() => rest("[data-scroll]"));
      },
    }));
  });
})();
