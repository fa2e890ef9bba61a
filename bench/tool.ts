import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { interleave, median, pairedRatio } from './rounds.ts';
import { type Goal, ratioGoal, type Section } from './section.ts';
import { preparePeers } from './tool-peers.ts';
import { measureNode } from './tool-process.ts';

const rounds = 15;
const project = fileURLToPath(new URL('..', import.meta.url));
const bin = join(project, 'dist/cli.js');
const floor = 'floor: load node-plop and ts-morph, parse the repo';
const fullFloor = 'the same, and parse what add-s2s makes';

const commands: Readonly<Record<string, readonly string[]>> = {
  'add-circuit-breaker': ['--target', 'user'],
  'add-service-client': ['--target', 'user'],
  'add-auth-verify': [],
  'add-auth-middleware': ['--target', 'user', '--protect', 'usersRoutes'],
  'add-s2s': ['--target', 'user', '--protect', 'usersRoutes'],
  's2s-status': [],
};

interface Command {
  readonly name: string;
  readonly folder: string;
  readonly args: readonly string[];
}

/** Wall time of whole cold processes: each generator as a dry run, the least that such a tool can do, and its peers. */
export async function benchTool(): Promise<Section> {
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: project });
  const root = mkdtempSync(join(tmpdir(), 's2s-bench-'));
  try {
    return await measureIn(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function measureIn(root: string): Promise<Section> {
  const repo = join(root, 'repo');
  cpSync(join(project, 'fixtures/npm-workspaces'), repo, { recursive: true });
  execFileSync('git', ['init', '--quiet'], { cwd: repo });
  mkdirSync(join(root, 'peers'));
  const all = [...ownCommands(repo), ...preparePeers(join(root, 'peers'))];
  const peaks = new Map<string, number>();
  const contenders = all.map(({ name, folder, args }) => ({
    name,
    round: async () => {
      const { wallMs, peakMb } = await measureNode(folder, args);
      peaks.set(name, Math.max(peakMb, peaks.get(name) ?? 0));
      return wallMs;
    },
  }));
  const costs = await interleave(contenders, rounds);
  const ratio = (name: string, to: string): number => pairedRatio(costs.get(name) ?? [], costs.get(to) ?? []);
  return {
    title: 'The tool itself: cold start',
    intro: intro(),
    head: ['process', 'ms', '× floor', 'peak MB'],
    rows: all.map(({ name }) => [
      name,
      median(costs.get(name) ?? []).toFixed(0),
      ratio(name, floor).toFixed(2),
      (peaks.get(name) ?? NaN).toFixed(0),
    ]),
    goals: goalsOf(ratio, peaks),
  };
}

function ownCommands(repo: string): readonly Command[] {
  const parse = (files: readonly string[]): readonly string[] => [
    join(project, 'bench/tool-floor.mjs'),
    ...files,
  ];
  const sources = sourcesIn(repo);
  const made = sourcesIn(join(project, 'test/cases/add-s2s/npm-workspaces/expected'));
  const runs = Object.entries(commands).map(([id, flags]) => ({
    name: id,
    folder: repo,
    args: [bin, id, ...flags, ...(id === 's2s-status' ? [] : ['--dry-run', '--no-format'])],
  }));
  return [
    { name: floor, folder: project, args: parse(sources) },
    { name: fullFloor, folder: project, args: parse([...sources, ...made]) },
    ...runs,
  ];
}

function sourcesIn(root: string): readonly string[] {
  const entries = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return entries.filter((path) => path.endsWith('.ts')).map((path) => join(root, path));
}

function goalsOf(
  ratio: (name: string, to: string) => number,
  peaks: ReadonlyMap<string, number>,
): readonly Goal[] {
  const own = Object.keys(commands);
  const most = Math.max(...own.map((id) => peaks.get(id) ?? NaN));
  return [
    ...own.map((id) => ratioGoal(`${id} / floor`, ratio(id, floor), { most: 1.4 })),
    ratioGoal('add-s2s / floor with what it makes', ratio('add-s2s', fullFloor), { most: 1.4 }),
    {
      what: 'peak memory of all of them',
      goal: '≤ 400 MB',
      reached: `${most.toFixed(0)} MB`,
      holds: most <= 400,
    },
  ];
}

function intro(): string {
  return (
    `Whole processes on a warm disk cache, median of ${String(rounds)} interleaved rounds. Ours are dry runs on ` +
    'fixtures/npm-workspaces with --no-format, because the formatter is the repo’s own and a process of its own. ' +
    'The peers do the least that they can: one small file (plop, hygen, nx without its daemon), or one add-on ' +
    'without an install (sv).'
  );
}
