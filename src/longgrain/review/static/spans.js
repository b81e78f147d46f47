// A text > its words, sentences and lines, and the pieces in which it is drawn; which keys are ours. Offsets count code points.
"use strict";
const Spans = (() => {
  // Signs that a browser hides, or that turn the reading direction: shown as one sign each.
  const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
  const picture = (sign) => (sign < " " ? String.fromCharCode(0x2400 + sign.charCodeAt(0)) : "\ufffd");
  const visible = (words) => words.replace(hidden, picture);

  function of(text, language) {
    const points = Array.from(text);
    const cut = (granularity) => {
      let at = 0;
      return [...new Intl.Segmenter(language || "en", { granularity }).segment(text)].map((one) => {
        const start = at;
        at += Array.from(one.segment).length;
        return { start, end: at, isWord: one.isWordLike, words: one.segment };
      });
    };
    const words = cut("word").filter((one) => one.isWord || one.words.trim()).map(({ start, end }) => ({ start, end }));
    const sentences = cut("sentence").filter((one) => one.words.trim()).map((one) => {
      const before = one.words.length - one.words.trimStart().length;
      return { start: one.start + before, end: one.start + Array.from(one.words.trimEnd()).length };
    });
    const lines = [];
    let start = 0;
    points.forEach((sign, at) => { if (sign === "\n") { lines.push({ start, end: at }); start = at + 1; } });
    lines.push({ start, end: points.length });
    return { points, words, sentences, lines, slice: (from, to) => points.slice(from, to).join("") };
  }

  // A selection grows or shrinks around `origin`, the word with which it began.
  function move(chosen, origin, units, forward, extend) {
    const next = units.find((one) => one.start >= chosen.end);
    const last = units.findLast((one) => one.end <= chosen.start);
    if (!extend) return (forward ? next : last) ?? chosen;
    if (forward) {
      if (chosen.start < origin.start) {
        const start = units.find((one) => one.start > chosen.start)?.start ?? origin.start;
        return { start: Math.min(start, origin.start), end: chosen.end };
      }
      return { start: chosen.start, end: units.find((one) => one.end > chosen.end)?.end ?? chosen.end };
    }
    if (chosen.end > origin.end) {
      const end = units.findLast((one) => one.end < chosen.end)?.end ?? origin.end;
      return { start: chosen.start, end: Math.max(end, origin.end) };
    }
    return { start: units.findLast((one) => one.start < chosen.start)?.start ?? chosen.start, end: chosen.end };
  }

  // The numbers of the lines that a mark touches.
  function linesOf(lines, mark) {
    let low = 0;
    for (let high = lines.length - 1; low < high;) {
      const middle = (low + high) >> 1;
      if (lines[middle].end > mark.start) high = middle;
      else low = middle + 1;
    }
    const found = [];
    for (let at = low; at < lines.length && lines[at].start < mark.end; at++) found.push(at);
    return found;
  }
  function byLine(lines, marks) {
    const found = lines.map(() => []);
    for (const mark of marks) for (const at of linesOf(lines, mark)) found[at].push(mark);
    return found;
  }

  // The pieces of a line between all borders of the marks that touch it.
  function pieces(line, marks) {
    const touching = marks.filter((one) => one.start < line.end && one.end > line.start);
    const borders = new Set([line.start, line.end]);
    touching.forEach((one) => [one.start, one.end].forEach((at) => { if (at > line.start && at < line.end) borders.add(at); }));
    const sorted = [...borders].sort((a, b) => a - b);
    return sorted.slice(0, -1).map((start, i) => ({
      start,
      end: sorted[i + 1],
      marks: touching.filter((one) => one.start < sorted[i + 1] && one.end > start),
    }));
  }

  // Where a place in the page lies in the text; each drawn piece knows its start.
  function offset(node, units, isEnd) {
    const piece = (node.nodeType === 3 ? node.parentElement : node).closest("[data-start]");
    if (!piece) return null;
    const start = Number(piece.dataset.start);
    if (node.nodeType !== 3) return units ? Number(piece.dataset.end) : start;
    const before = node.data.slice(0, units);
    const isHalf = /[\ud800-\udbff]$/.test(before);
    return start + Array.from(before).length - (isHalf && !isEnd ? 1 : 0);
  }

  // Whether a key belongs to the browser. On many keyboards [ and ] need AltGr, which looks like Ctrl and Alt.
  const isChord = (event) => (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph");

  return { isChord, of, move, linesOf, byLine, pieces, offset, visible };
})();
