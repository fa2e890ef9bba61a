import type { Call, Measured } from './measure.ts';
import { DEADLINE_MS, type Scenario } from './scenarios.ts';

const LEFT = 56;
const WIDTH = 820;
const PANEL = 92;
const GAP = 34;
const TOP = 44;
/** What took less is drawn as this: a tenth of a millisecond is all that is measured. */
const LEAST_MS = 0.1;
const MOST_MS = DEADLINE_MS * 2;
/** Distinguishable without colour vision, and on light and dark pages. */
const colours: Readonly<Record<Call[2], string>> = {
  answered: '#2a9d5c',
  failed: '#d1495b',
  refused: '#3d7ea6',
};
const words: Readonly<Record<Call[2], string>> = {
  answered: 'answered',
  failed: 'failed after waiting',
  refused: 'refused at once',
};

/** An SVG with a panel for each setting: every call as a dot, by when it began and, on a log scale, how long it took. */
export function renderPlot(scenario: Scenario, measured: readonly Measured[]): string {
  const height = TOP + measured.length * (PANEL + GAP) + 24;
  const panels = measured.map((one, index) => panel(scenario, one, TOP + index * (PANEL + GAP) + 16));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(LEFT + WIDTH + 16)} ${String(height)}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...legend(),
    ...panels,
    `<text x="${String(LEFT + WIDTH)}" y="${String(height - 6)}" text-anchor="end" fill="#444444">seconds; the outage is grey</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function legend(): readonly string[] {
  return Object.entries(colours).map(([outcome, colour], index) => {
    const x = LEFT + index * 170;
    return `<circle cx="${String(x)}" cy="20" r="4" fill="${colour}"/><text x="${String(x + 10)}" y="24" fill="#222222">${words[outcome as Call[2]]}</text>`;
  });
}

function panel(scenario: Scenario, { setting, calls }: Measured, top: number): string {
  const x = (ms: number): string => (LEFT + (ms / scenario.endMs) * WIDTH).toFixed(1);
  const y = (ms: number): string => {
    const share =
      Math.log(Math.min(Math.max(ms, LEAST_MS), MOST_MS) / LEAST_MS) / Math.log(MOST_MS / LEAST_MS);
    return (top + PANEL - 4 - share * (PANEL - 8)).toFixed(1);
  };
  const sickWidth = (((scenario.sickToMs - scenario.sickFromMs) / scenario.endMs) * WIDTH).toFixed(1);
  const ticks = [0, 5, 10, 15, 20].map(
    (s) =>
      `<text x="${x(s * 1000)}" y="${String(top + PANEL + 14)}" text-anchor="middle" fill="#444444">${String(s)}</text>`,
  );
  const dots = calls.map(
    ([at, took, outcome]) =>
      `<circle cx="${x(at)}" cy="${y(took)}" r="1.8" fill="${colours[outcome]}" fill-opacity="0.7"/>`,
  );
  return [
    `<rect x="${x(scenario.sickFromMs)}" y="${String(top)}" width="${sickWidth}" height="${String(PANEL)}" fill="#e6e6e6"/>`,
    `<rect x="${String(LEFT)}" y="${String(top)}" width="${String(WIDTH)}" height="${String(PANEL)}" fill="none" stroke="#999999"/>`,
    `<text x="${String(LEFT)}" y="${String(top - 5)}" fill="#222222">${setting}</text>`,
    ...[LEAST_MS, 10, DEADLINE_MS].map(
      (ms) =>
        `<text x="${String(LEFT - 6)}" y="${y(ms)}" dy="4" text-anchor="end" fill="#444444">${ms < 1_000 ? `${String(ms)} ms` : `${String(ms / 1_000)} s`}</text>`,
    ),
    ...ticks,
    ...dots,
  ].join('\n');
}
