import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openWatchedDemo, type WatchedDemo } from '../helpers/watched-demo.ts';
import { isDeep } from '../helpers/sampled.ts';

let demo: WatchedDemo;

beforeAll(async () => {
  demo = await openWatchedDemo();
}, 120_000);
afterAll(async () => {
  await demo.close();
});

/** What the page shows of one circuit. */
interface Shown {
  readonly state: string;
  /** Points of each plot by its data, served before refused, and how many are drawn. */
  readonly plots: readonly (readonly [plot: string, points: number, drawn: number])[];
  readonly texts: readonly string[];
}

async function shown(circuit: string): Promise<Shown> {
  return (await demo.page.evaluate(`(() => {
    const section = document.querySelector('[data-circuit="${circuit}"]');
    const plots = [...section.querySelectorAll('[data-plot]')].map((path) => {
      return [path.dataset.plot, Number(path.dataset.points), path.getAttribute('d').split('M').length - 1];
    });
    const texts = [...section.querySelectorAll('text')].map((text) => text.textContent);
    return { state: section.querySelector('.state').textContent, plots, texts };
  })()`)) as Shown;
}

/** The changes that the page has listed, as `from → to`. */
async function changes(circuit: string): Promise<readonly string[]> {
  const lines = (await demo.page.evaluate(
    `[...document.querySelectorAll('#log div')].map((line) => line.textContent)`,
  )) as readonly string[];
  return lines.filter((line) => line.startsWith(`${circuit}: `)).map((line) => line.split(': ')[1] ?? '');
}

describe('the page of the watched demo', () => {
  it('moves while all is well', async () => {
    await demo.page.waitForSelector('[data-plot=latency]:not([data-points="0"])');
    const path = `document.querySelector('[data-plot=latency]').getAttribute('d')`;
    const before = await demo.page.evaluate(path);
    await demo.page.waitForFunction(`${path} !== ${JSON.stringify(before)}`);
    expect((await shown('user-service')).state).toBe('CLOSED');
    expect((await shown('user-service')).texts).toEqual(
      expect.arrayContaining([
        'circuit',
        'time to answer (log scale)',
        '100 ms',
        'answers per second',
        '20/s',
        '5 s',
        'time since the start',
      ]),
    );
  });

  if (isDeep)
    it('shows how each circuit opens, probes and closes, with every call', { timeout: 90_000 }, async () => {
      for (const circuit of ['user', 'billing']) {
        await demo.page.waitForFunction(
          `document.querySelector('[data-circuit="${circuit}-service"] .state').textContent === 'CLOSED' &&
            document.querySelector('#log').textContent.includes('${circuit}: HALF_OPEN → CLOSED')`,
          { timeout: 80_000 },
        );
        const told = await changes(circuit);
        expect(told[0]).toBe('CLOSED → OPEN');
        expect(told[1]).toBe('OPEN → HALF_OPEN');
        expect(told.at(-1)).toBe('HALF_OPEN → CLOSED');
        // Each change begins where the one before ended.
        const [from, to] = [0, 1].map((side) => told.map((change) => change.split(' → ')[side]));
        expect(from?.slice(1)).toEqual(to?.slice(0, -1));

        const { plots, state } = await shown(`${circuit}-service`);
        expect(state).toBe('CLOSED');
        expect(plots.map(([plot]) => plot)).toEqual(['latency', 'latency', 'throughput', 'throughput']);
        for (const [plot, points, drawn] of plots) {
          expect(points, plot).toBeGreaterThan(plot === 'latency' ? 50 : 5);
          expect(drawn, plot).toBe(points);
        }
      }
    });

  it('loads nothing from elsewhere, and has no mistakes', () => {
    expect(demo.requests.length).toBeGreaterThan(2);
    expect(demo.requests.filter((url) => !url.startsWith(demo.url) && !url.startsWith('data:'))).toEqual([]);
    expect(demo.mistakes).toEqual([]);
  });
});
