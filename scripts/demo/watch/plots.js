/* global document */
/** What the drawing of a circuit is made of; the page is page.js. */
/** Milliseconds that the plots show. */
const WINDOW_MS = 25_000;
const BAR_MS = 500;
/** The plots' place in the drawing, and what they show at most. */
const LEFT = 62;
const RIGHT = 940;
const BAND = { top: 22, bottom: 48 };
const LATENCY = { top: 70, bottom: 170, minMs: 1, maxMs: 2_000 };
const THROUGHPUT = { top: 196, bottom: 256 };

/**
 * The elements of a circuit's drawing: its state, its answers and the marks of `notes`, of the last `WINDOW_MS` before
 * `now`; times are epoch milliseconds.
 */
export function plotsOf({ replies, states }, notes, startedAt, now) {
  const from = Math.max(startedAt, now - WINDOW_MS);
  const x = (at) => LEFT + ((at - from) / WINDOW_MS) * (RIGHT - LEFT);
  const view = { startedAt, from, now, x };
  return [
    ...timeAxis(view),
    ...marks(notes, view),
    ...stateBand(states, view),
    ...latencyPlot(replies, view),
    ...throughputPlot(replies, view),
  ];
}

/** One element of a drawing, ready to be put into it. */
function svg(name, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function timeAxis({ startedAt, from, x }) {
  const ticks = [];
  for (let at = startedAt; at <= from + WINDOW_MS; at += 5_000) {
    if (at < from) continue;
    ticks.push(svg('line', { class: 'grid', x1: x(at), x2: x(at), y1: BAND.top, y2: THROUGHPUT.bottom }));
    const label = `${((at - startedAt) / 1_000).toFixed(0)} s`;
    ticks.push(svg('text', { x: x(at), y: THROUGHPUT.bottom + 16, 'text-anchor': 'middle' }, label));
  }
  const name = 'time since the start';
  return [...ticks, svg('text', { x: RIGHT, y: THROUGHPUT.bottom + 33, 'text-anchor': 'end' }, name)];
}

function stateBand(states, { from, now, x }) {
  const height = BAND.bottom - BAND.top;
  const parts = states.flatMap(({ at, state }, index) => {
    const end = states[index + 1]?.at ?? now;
    if (end < from) return [];
    const left = x(Math.max(at, from));
    // A state of milliseconds is to be seen as well.
    const width = Math.max(x(end) - left, 3);
    const box = svg('rect', { class: state, x: left, y: BAND.top, width, height });
    if (width < 12 + 9 * state.length) return [box];
    const label = { class: 'in-band', x: left + width / 2, y: BAND.top + 18, 'text-anchor': 'middle' };
    return [box, svg('text', label, state)];
  });
  const name = svg('text', { class: 'name', x: 0, y: BAND.top + 18 }, 'circuit');
  return [name, ...parts];
}

function latencyPlot(replies, { from, x }) {
  const { bottom, maxMs, minMs, top } = LATENCY;
  const y = (ms) => {
    const part = Math.log(Math.min(Math.max(ms, minMs), maxMs) / minMs) / Math.log(maxMs / minMs);
    return bottom - part * (bottom - top);
  };
  const grid = [1, 10, 100, 1_000].flatMap((ms) => [
    svg('line', { class: 'grid', x1: LEFT, x2: RIGHT, y1: y(ms), y2: y(ms) }),
    svg('text', { x: LEFT - 6, y: y(ms) + 4, 'text-anchor': 'end' }, ms < 1_000 ? `${ms} ms` : '1 s'),
  ]);
  const dots = (served) => {
    const shown = replies.filter((reply) => reply.served === served && reply.at >= from);
    const d = shown.map(({ at, ms }) => `M${x(at).toFixed(1)} ${y(ms).toFixed(1)}h0`).join('');
    const name = served ? 'served' : 'refused';
    return svg('path', { class: `dots ${name}`, d, 'data-plot': 'latency', 'data-points': shown.length });
  };
  const name = svg('text', { class: 'name', x: LEFT, y: top - 8 }, 'time to answer (log scale)');
  return [name, ...grid, dots(true), dots(false)];
}

function throughputPlot(replies, { startedAt, from, now, x }) {
  const { bottom, top } = THROUGHPUT;
  const first = Math.floor((from - startedAt) / BAR_MS);
  const bars = new Map();
  for (const { at, served } of replies) {
    const index = Math.floor((at - startedAt) / BAR_MS);
    if (index < first || startedAt + (index + 1) * BAR_MS > now) continue;
    const bar = bars.get(index) ?? { served: 0, refused: 0 };
    bar[served ? 'served' : 'refused'] += 1_000 / BAR_MS;
    bars.set(index, bar);
  }
  const most = Math.max(20, ...[...bars.values()].map((bar) => bar.served + bar.refused));
  const step = most > 60 ? 50 : most > 30 ? 20 : 10;
  const y = (rate) => bottom - (rate / most) * (bottom - top);
  const grid = [];
  for (let rate = 0; rate <= most; rate += step) {
    grid.push(svg('line', { class: 'grid', x1: LEFT, x2: RIGHT, y1: y(rate), y2: y(rate) }));
    grid.push(svg('text', { x: LEFT - 6, y: y(rate) + 4, 'text-anchor': 'end' }, `${rate}/s`));
  }
  const shape = (name) => {
    let d = '';
    for (const [index, bar] of bars) {
      const left = Math.max(x(startedAt + index * BAR_MS), LEFT);
      const right = x(startedAt + (index + 1) * BAR_MS) - 1;
      const foot = name === 'served' ? 0 : bar.served;
      if (bar[name] > 0 && right > left)
        d += `M${left} ${y(foot)}V${y(foot + bar[name])}H${right}V${y(foot)}Z`;
    }
    const points = [...bars.values()].filter((bar) => bar[name] > 0).length;
    return svg('path', { class: `bars ${name}`, d, 'data-plot': 'throughput', 'data-points': points });
  };
  const name = svg('text', { class: 'name', x: LEFT, y: top - 8 }, 'answers per second');
  return [name, ...grid, shape('served'), shape('refused')];
}

function marks(notes, { from, x }) {
  return notes
    .filter(({ at }) => at >= from)
    .flatMap(({ at, text }) => [
      svg('line', { class: 'mark', x1: x(at), x2: x(at), y1: 4, y2: THROUGHPUT.bottom }),
      svg('text', { class: 'name', x: x(at) + 5, y: 15 }, text),
    ]);
}
