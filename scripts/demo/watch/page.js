/* global document, EventSource, setInterval */
'use strict';

/** Milliseconds that the plots show. */
const WINDOW_MS = 25_000;
const BAR_MS = 500;
/** The plots' place in the drawing, and what they show at most. */
const LEFT = 62;
const RIGHT = 940;
const BAND = { top: 22, bottom: 48 };
const LATENCY = { top: 70, bottom: 170, minMs: 1, maxMs: 2_000 };
const THROUGHPUT = { top: 196, bottom: 256 };

const circuits = new Map();
const notes = [];
let startedAt = 0;
/** The server's clock less this one's. */
let skewMs = 0;
let endedAt;

const byId = (id) => document.getElementById(id);
const seconds = (at) => ((at - startedAt) / 1_000).toFixed(1);

/** One element of a drawing, ready to be put into it. */
function svg(name, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function addCircuit(name) {
  const section = byId('circuit').content.cloneNode(true).firstElementChild;
  section.dataset.circuit = name;
  section.querySelector('h2').textContent = `${name} → auth-service`;
  section.querySelector('svg').setAttribute('aria-label', `state, answer times and calls of ${name}`);
  byId('circuits').append(section);
  circuits.set(name, { section, replies: [], states: [{ at: startedAt, state: 'CLOSED' }] });
}

function tell(at, element, text) {
  const line = document.createElement('li');
  const time = document.createElement('span');
  time.textContent = `${seconds(at)} s`;
  const what = document.createElement(element);
  what.textContent = text;
  line.append(time, what);
  byId('log').append(line);
}

const on = {
  start({ at, names }) {
    startedAt = at;
    endedAt = undefined;
    circuits.clear();
    notes.length = 0;
    byId('circuits').replaceChildren();
    byId('log').replaceChildren();
    for (const name of names) addCircuit(name);
  },
  reply({ at, circuit, ms, status }) {
    circuits.get(circuit).replies.push({ at, ms, served: status < 400 });
  },
  state({ at, circuit, from, to }) {
    circuits.get(circuit).states.push({ at, state: to });
    tell(at, 'div', `${circuit.replace('-service', '')}: ${from} → ${to}`);
  },
  note({ at, text, short }) {
    byId('act').textContent = text;
    if (short !== undefined) {
      notes.push({ at, text: short });
      tell(at, 'b', short);
    }
  },
  end({ at }) {
    endedAt = at;
    draw();
    document.body.dataset.over = 'true';
  },
};

function draw() {
  if (startedAt === 0) return;
  const now = endedAt ?? Date.now() + skewMs;
  byId('clock').textContent = `${seconds(now)} s`;
  const from = Math.max(startedAt, now - WINDOW_MS);
  const x = (at) => LEFT + ((at - from) / WINDOW_MS) * (RIGHT - LEFT);
  for (const circuit of circuits.values()) {
    const drawing = circuit.section.querySelector('svg');
    drawing.replaceChildren(
      ...timeAxis(from, x),
      ...marks(from, x),
      ...stateBand(circuit.states, from, now, x),
      ...latencyPlot(circuit.replies, from, x),
      ...throughputPlot(circuit.replies, from, now, x),
    );
    showFigures(circuit, now);
  }
}

function timeAxis(from, x) {
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

function stateBand(states, from, now, x) {
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

function latencyPlot(replies, from, x) {
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

function throughputPlot(replies, from, now, x) {
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

function marks(from, x) {
  return notes
    .filter(({ at }) => at >= from)
    .flatMap(({ at, text }) => [
      svg('line', { class: 'mark', x1: x(at), x2: x(at), y1: 4, y2: THROUGHPUT.bottom }),
      svg('text', { class: 'name', x: x(at) + 5, y: 15 }, text),
    ]);
}

function showFigures({ replies, section, states }, now) {
  const { state } = states.at(-1);
  const badge = section.querySelector('.state');
  badge.textContent = state;
  badge.className = `state ${state}`;
  const recent = replies.filter(({ at }) => at > now - 2_000);
  const times = recent.map(({ ms }) => ms).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  const middle = median === undefined ? '–' : `${median.toFixed(0)} ms`;
  section.querySelector('.figures').textContent =
    `last 2 s: ${(recent.length / 2).toFixed(0)} answers/s, median ${middle}`;
}

const source = new EventSource('/events');
source.onmessage = ({ data }) => {
  const event = JSON.parse(data);
  if (event.now !== undefined) skewMs = event.now - Date.now();
  on[event.type]?.(event);
};
setInterval(draw, 100);
