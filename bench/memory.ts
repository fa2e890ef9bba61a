import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { type Goal, type Section } from './section.ts';

interface Probe {
  readonly bytes: number;
  readonly timers: number;
  readonly idleCpu: number;
}

const kinds = [
  'none',
  'ours, failures in a row',
  'ours, time window of 10 s',
  'ours, count window of 100',
  'cockatiel Consecutive',
  'cockatiel Sampling 10 s',
  'opossum, default',
];

/** What 10,000 breakers take that are not called, each kind in a process of its own. */
export function benchMemory(): Promise<Section> {
  const probes = new Map(kinds.map((kind): [string, Probe] => [kind, probe(kind)]));
  const of = (kind: string): Probe => probes.get(kind) ?? { bytes: NaN, timers: NaN, idleCpu: NaN };
  const core = of('ours, failures in a row');
  const floor = of('none');
  return Promise.resolve({
    title: 'Memory and idle cost of a breaker',
    intro:
      'Bytes of heap for each of 10,000 breakers after 101 calls each, and the share of a core that 20,000 of them ' +
      'take when nobody calls.',
    head: ['breaker', 'bytes', 'idle CPU'],
    rows: kinds.map((kind) => [kind, of(kind).bytes.toFixed(0), `${(100 * of(kind).idleCpu).toFixed(1)} %`]),
    goals: [
      atMost('failures in a row', core.bytes, 320, 'B'),
      atMost('time window', of('ours, time window of 10 s').bytes, 640, 'B'),
      atMost('count window of 100', of('ours, count window of 100').bytes, 640, 'B'),
      atMost('timers of 20,000 breakers', core.timers, 0, ''),
      atMost('idle CPU over that of none, of a core', 100 * (core.idleCpu - floor.idleCpu), 0.5, '%'),
    ],
  });
}

function probe(kind: string): Probe {
  const script = fileURLToPath(new URL('memory-probe.ts', import.meta.url));
  const output = execFileSync(process.execPath, ['--expose-gc', '--import', 'tsx', script, kind], {
    encoding: 'utf8',
  });
  return JSON.parse(output) as Probe;
}

function atMost(what: string, value: number, most: number, unit: string): Goal {
  const shown = (number: number): string => `${number.toFixed(unit === '%' ? 1 : 0)} ${unit}`.trim();
  return { what, goal: `≤ ${shown(most)}`, reached: shown(value), holds: value <= most };
}
