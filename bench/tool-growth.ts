import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { interleave, median, pairedRatio } from './rounds.ts';
import { ratioGoal, type Section } from './section.ts';
import { type SyntheticRepo, writeSyntheticRepo } from './synthetic-repo.ts';
import { measureNode, type ProcessCost } from './tool-process.ts';

const rounds = 15;
/** Rounds of the runs on every service: each takes many seconds. */
const everyRounds = 3;
const project = fileURLToPath(new URL('..', import.meta.url));

const repos: Readonly<Record<string, SyntheticRepo>> = {
  '2 services': { services: 2, otherFiles: 0 },
  '10 services': { services: 10, otherFiles: 0 },
  '100 services': { services: 100, otherFiles: 0 },
  '1,000 services': { services: 1_000, otherFiles: 0 },
  '10 services, 50,000 other files': { services: 10, otherFiles: 50_000 },
};

interface Every extends ProcessCost {
  readonly services: number;
}

/** How the time of `add-service-client` grows with the repo, for one service and for all of them. */
export async function benchGrowth(): Promise<Section> {
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: project });
  const root = mkdtempSync(join(tmpdir(), 's2s-bench-'));
  try {
    for (const [name, repo] of Object.entries(repos)) {
      mkdirSync(join(root, name));
      writeSyntheticRepo(join(root, name), repo);
    }
    const one = await targetOne(root);
    const every = [await targetEvery(root, '100 services'), await targetEvery(root, '1,000 services')];
    return sectionOf(one, every);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function targetOne(root: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const contenders = Object.keys(repos).map((name) => ({
    name,
    round: async () => (await measureNode(join(root, name), argsFor('s1-service'))).wallMs,
  }));
  return interleave(contenders, rounds);
}

async function targetEvery(root: string, name: string): Promise<Every> {
  const runs: ProcessCost[] = [];
  for (let round = 0; round < everyRounds; round += 1)
    runs.push(await measureNode(join(root, name), argsFor('*')));
  const peakMb = Math.max(...runs.map((run) => run.peakMb));
  return {
    wallMs: median(runs.map((run) => run.wallMs)),
    peakMb,
    services: (repos[name]?.services ?? 1) - 1,
  };
}

function argsFor(target: string): readonly string[] {
  const bin = join(project, 'dist/cli.js');
  return [bin, 'add-service-client', '--target', target, '--cwd', '.', '--dry-run', '--json', '--no-format'];
}

function sectionOf(one: ReadonlyMap<string, readonly number[]>, every: readonly Every[]): Section {
  const of = (name: string): readonly number[] => one.get(name) ?? [];
  const [some, all] = every;
  const each = (run: Every | undefined): number => (run === undefined ? NaN : run.wallMs / run.services);
  const peak = all?.peakMb ?? NaN;
  const ms = (value: number): string => value.toFixed(0);
  return {
    title: 'The tool itself: growth with the repo',
    intro:
      'Whole processes of `add-service-client --dry-run --json --no-format` on copies of the user-service of ' +
      `fixtures/npm-workspaces. One service: median of ${String(rounds)} interleaved rounds; every service: of ` +
      `${String(everyRounds)} rounds.`,
    head: ['repo', 'target', 'ms', 'ms a service', 'peak MB'],
    rows: [
      ...Object.keys(repos).map((name) => [name, 'one', ms(median(of(name))), '', '']),
      ...every.map((run) => [
        `${run.services.toLocaleString('en')} services and the auth service`,
        'every',
        ms(run.wallMs),
        each(run).toFixed(1),
        ms(run.peakMb),
      ]),
    ],
    goals: [
      ratioGoal('one of 1,000 services / one of 2', pairedRatio(of('1,000 services'), of('2 services')), {
        most: 1.3,
      }),
      ratioGoal('a service of 1,000 / a service of 100', each(all) / each(some), { most: 1.1 }),
      {
        what: 'every one of 1,000',
        goal: '≤ 60 ms each',
        reached: `${each(all).toFixed(1)} ms`,
        holds: each(all) <= 60,
      },
      { what: 'memory for 1,000', goal: '≤ 400 MB', reached: `${ms(peak)} MB`, holds: peak <= 400 },
    ],
  };
}
