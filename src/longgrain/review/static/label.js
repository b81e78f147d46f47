// Labelling: what is chosen in the text, the marks that were set, and how both are drawn.
"use strict";
document.addEventListener("alpine:init", () => Alpine.data("labelling", () => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const within = (mark, at) => mark.start <= at && at < mark.end;
  const alike = (a, b) => a.start === b.start && a.end === b.end;
  let data, text, box, list, asked, chosen, origin, drawn, set, picked;

  function begin() {
    data = read("data");
    const old = read("start");
    [box, list, asked] = ["text", "marks", "asked"].map((id) => document.getElementById(id));
    text = Spans.of(data.text, box.lang);
    chosen = origin = text.words[0] ?? { start: 0, end: Math.min(1, text.points.length) };
    picked = [];
    const copy = (many) => (many ?? []).map((one) => ({ ...one }));
    set = {
      classes: [...(old.classes ?? [])],
      ...Object.fromEntries(["entities", "relations", "answers", "evidence"].map((name) => [name, copy(old[name])])),
    };
    if (asked) asked.value = old.question ?? "";
    drawn = [];
    box.replaceChildren(...text.lines.map(() => document.createElement("div")));
    draw();
  }

  // --- what is set ---
  function toggle(name, mark) {
    const at = set[name].findIndex((one) => alike(one, mark));
    if (at >= 0) set[name].splice(at, 1);
    else set[name].push(mark);
    set[name].sort((a, b) => a.start - b.start || b.end - a.end);
  }
  function entity(label) {
    const old = set.entities.find((one) => alike(one, chosen));
    if (old?.label === label) return drop(old);
    if (old) old.label = label;
    else {
      const numbers = set.entities.map((one) => Number(/^e(\d+)$/.exec(one.id)?.[1] ?? 0));
      toggle("entities", { id: `e${Math.max(0, ...numbers) + 1}`, ...chosen, label });
    }
  }
  function relation(label) {
    if (picked.length < 2) return;
    const [from, to] = picked;
    const at = set.relations.findIndex((one) => one.from === from && one.to === to && one.label === label);
    if (at >= 0) set.relations.splice(at, 1);
    else set.relations.push({ from, to, label });
    picked = [];
  }
  function classify(name) {
    const had = set.classes.includes(name);
    const others = data.several ? set.classes.filter((one) => one !== name) : [];
    set.classes = had ? others : [...others, name];
  }
  const innermost = () => [...set.entities].filter((one) => within(one, chosen.start)).sort((a, b) => a.end - a.start - (b.end - b.start))[0];
  function pick(id) {
    if (!id) return;
    picked = picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id].slice(-2);
  }
  function drop(mark) {
    if (!mark) return;
    for (const name of ["entities", "relations", "answers", "evidence"]) set[name] = set[name].filter((one) => one !== mark);
    if (mark.id) set.relations = set.relations.filter((one) => one.from !== mark.id && one.to !== mark.id);
    picked = picked.filter((id) => id !== mark.id);
  }
  const underCursor = () => innermost() ?? [...set.answers, ...set.evidence].find((one) => within(one, chosen.start));

  // --- how it is drawn ---
  const tone = (label) => data.choices.filter((one) => one.what === "entity").findIndex((one) => one.name === label) % 8;
  function marks() {
    return [
      ...set.entities.map((one) => ({ ...one, sign: `mark tone-${tone(one.label)}${picked.includes(one.id) ? " picked" : ""}` })),
      ...set.answers.map((one) => ({ ...one, sign: "answers" })),
      ...set.evidence.map((one) => ({ ...one, sign: "evidence" })),
      { ...chosen, sign: "chosen" },
    ];
  }
  function element(name, sign, words) {
    const made = document.createElement(name);
    made.className = sign;
    made.textContent = Spans.visible(words);
    return made;
  }
  function drawLine(at, marked) {
    const pieces = Spans.pieces(text.lines[at], marked);
    const known = JSON.stringify(pieces);
    if (known === drawn[at]) return;
    drawn[at] = known;
    box.children[at].replaceChildren(...pieces.map((piece) => {
      const made = element("span", piece.marks.map((one) => one.sign).join(" "), text.slice(piece.start, piece.end));
      Object.assign(made.dataset, { start: piece.start, end: piece.end });
      const ends = piece.marks.filter((one) => one.label && one.end === piece.end);
      if (ends.length) made.dataset.tag = ends.map((one) => one.label).join(" · ");
      return made;
    }));
  }
  function draw() {
    Spans.byLine(text.lines, marks()).forEach((marked, at) => drawLine(at, marked));
    drawList();
    for (const button of document.querySelectorAll(".choice.class")) {
      button.setAttribute("aria-pressed", set.classes.includes(button.dataset.name));
    }
  }
  function row(mark, words, tag, sign, act) {
    const line = element("li", sign, "");
    const open = element("button", "", words);
    const remove = element("button", "", "×");
    open.type = remove.type = "button";
    remove.setAttribute("aria-label", list.dataset.remove);
    open.addEventListener("click", () => { act(); draw(); });
    remove.addEventListener("click", () => { drop(mark); document.dispatchEvent(new Event("longgrain:written")); draw(); box.focus(); });
    line.append(open, element("span", "tag", tag), remove);
    return line;
  }
  function drawList() {
    const say = (one) => text.slice(one.start, one.end);
    const named = (id) => say(set.entities.find((one) => one.id === id));
    const go = (one) => () => { chosen = origin = { start: one.start, end: one.end }; };
    const rows = [
      ...set.entities.map((one) => row(one, say(one), one.label, `tone-${tone(one.label)}${picked.includes(one.id) ? " picked" : ""}`, () => { go(one)(); pick(one.id); })),
      ...set.relations.map((one) => row(one, `${named(one.from)} → ${named(one.to)}`, one.label, "", () => {})),
      ...["answers", "evidence"].flatMap((name) => set[name].map((one) => row(one, say(one), list.dataset[name], "", go(one)))),
    ];
    list.replaceChildren(...(rows.length ? rows : [element("li", "soft", list.dataset.nothing)]));
  }

  // --- choosing words ---
  function choose(next, isNew) {
    if (!next) return;
    const before = chosen;
    chosen = { start: next.start, end: next.end };
    if (isNew) origin = chosen;
    const now = marks();
    for (const at of new Set([...Spans.linesOf(text.lines, before), ...Spans.linesOf(text.lines, chosen)])) drawLine(at, now);
    document.getElementById("status").textContent = text.slice(chosen.start, chosen.end);
    box.querySelector(".chosen")?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }
  function firstWordOf(sentence) {
    return text.words.find((one) => one.start >= sentence.start) ?? sentence;
  }
  function keys(event) {
    if (Spans.isChord(event)) return;
    const ways = { ArrowRight: [text.words, true], ArrowLeft: [text.words, false], ArrowDown: [text.sentences, true], ArrowUp: [text.sentences, false] };
    const ends = { "]": [0, 1], "[": [0, -1], "}": [1, 0], "{": [-1, 0] };
    if (ways[event.key]) {
      const [units, forward] = ways[event.key];
      const next = Spans.move(chosen, origin, units, forward, event.shiftKey);
      const isJump = units === text.sentences && !event.shiftKey;
      choose(isJump && next !== chosen ? firstWordOf(next) : next, !event.shiftKey);
    } else if (ends[event.key]) {
      const start = Math.max(0, chosen.start + ends[event.key][0]);
      const end = Math.min(text.points.length, chosen.end + ends[event.key][1]);
      if (start < end) choose({ start, end }, true);
    } else if (event.key === "Home" || event.key === "End") {
      choose(text.words.at(event.key === "Home" ? 0 : -1), true);
    } else return;
    event.preventDefault();
  }
  function mouse() {
    const selection = getSelection();
    if (!selection.rangeCount || !box.contains(selection.anchorNode)) return;
    const range = selection.getRangeAt(0);
    const start = Spans.offset(range.startContainer, range.startOffset, false);
    const end = Spans.offset(range.endContainer, range.endOffset, true);
    if (start === null) return;
    if (end !== null && end > start) choose({ start, end }, true);
    else choose(text.words.find((one) => within(one, start)), true);
    selection.removeAllRanges();
  }

  return {
    init() {
      begin();
      box.addEventListener("keydown", keys);
      box.addEventListener("mouseup", mouse);
    },
    choose(event) {
      const { what, name } = event.currentTarget.dataset;
      if (what === "entity") entity(name);
      else if (what === "class") classify(name);
      else if (what === "relation") relation(name);
      else if (what === "pick") pick(innermost()?.id);
      else if (what === "remove") drop(underCursor());
      else toggle(what, { ...chosen });
      if (what !== "pick") document.dispatchEvent(new Event("longgrain:written"));
      draw();
      box.focus({ preventScroll: true });
    },
    save(event) {
      const kept = { ...set, question: asked?.value.trim() ?? "" };
      event.currentTarget.form.elements.labels.value = JSON.stringify(kept);
    },
  };
}));
