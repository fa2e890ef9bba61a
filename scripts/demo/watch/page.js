/* global document, EventSource, setInterval */
import { plotsOf } from './plots.js';

const circuits = new Map();
const notes = [];
let startedAt = 0;
/** The server's clock less this one's. */
let skewMs = 0;
let endedAt;

const byId = (id) => document.getElementById(id);
const seconds = (at) => ((at - startedAt) / 1_000).toFixed(1);

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
  for (const circuit of circuits.values()) {
    circuit.section.querySelector('svg').replaceChildren(...plotsOf(circuit, notes, startedAt, now));
    showFigures(circuit, now);
  }
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
