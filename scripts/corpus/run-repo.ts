import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { parsePatch } from 'diff';
import { execa } from 'execa';

import type { Plan, Refusal, Repo, Service, ServiceHead } from '../../generators/_engine/contract.ts';
import { diffOf } from '../../generators/_engine/diff.ts';
import { openRepo } from '../../generators/_engine/repo.ts';
import { findAuthService } from '../../generators/_engine/survey/auth-service.ts';
import { surveyService } from '../../generators/_engine/survey/service.ts';
import { surveyHeads } from '../../generators/_engine/survey/services.ts';
import { apply } from '../../plopfile.ts';
import type { Command } from '../../test/helpers/case.ts';
import { planCommand } from '../../test/helpers/run-command.ts';
import { type Boot, bootOnce } from './boot.ts';
import { failingTests, readTree, TypeBaseline, unformatted } from './checks.ts';
import { addPackages, copyRepo } from './copy-repo.ts';
import type { Row } from './report.ts';

type Head = Pick<Row, 'repo' | 'commit' | 'services' | 'auth'>;

/** What rows of one repository share. */
interface Ground {
  readonly head: Head;
  /** An untouched copy. */
  readonly before: string;
  readonly types: TypeBaseline;
  readonly boots: Map<string, Promise<Boot>>;
}

/** Every generator on every service of one repository that it is for. */
export async function runRepo(from: string, tell: (line: string) => void): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 's2s-corpus-'));
  try {
    const before = join(folder, 'before');
    copyRepo(from, before);
    const repo = openRepo(before);
    const heads = surveyHeads(repo);
    const auth = findAuthService(repo, heads);
    const issuer = 'ok' in auth ? undefined : auth;
    const commit = await execa('git', ['rev-parse', '--short', 'HEAD'], { cwd: from, reject: false });
    const head: Head = {
      repo: basename(from).replace('+', '/'),
      commit: commit.stdout,
      services: heads.length,
      auth: issuer?.name ?? '–',
    };
    const ground = { head, before, types: new TypeBaseline(before), boots: new Map<string, Promise<Boot>>() };
    const rows: Row[] = [];
    for (const { service, command } of commandsFor(heads, issuer)) {
      const root = join(folder, `after-${String(rows.length)}`);
      const row = await runCommand(ground, root, service, command);
      rmSync(root, { recursive: true, force: true });
      rows.push(row);
      tell(
        `${row.repo} ${row.service} ${row.generator}: ${row.result}, ${String(row.problems.length)} wrong`,
      );
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Wanted = Readonly<{ service: ServiceHead; command: Command }>;

/** The verify route where the tokens come from; the rest in each other service, or there when it is alone. */
function commandsFor(heads: readonly ServiceHead[], issuer: ServiceHead | undefined): readonly Wanted[] {
  const others = heads.filter((head) => head !== issuer);
  const consumers = others.length === 0 ? heads : others;
  const nowhere = issuer === undefined ? ['--auth', 'none'] : [];
  const wanted: Wanted[] = [];
  if (issuer !== undefined)
    wanted.push({ service: issuer, command: { generator: 'add-auth-verify', args: ['--yes'] } });
  for (const service of consumers) {
    const target = ['--target', service.dir === '' ? service.name : service.dir, '--yes'];
    const add = (generator: string, more: readonly string[] = []): void => {
      wanted.push({ service, command: { generator, args: [...target, ...more] } });
    };
    add('add-circuit-breaker');
    add('add-service-client');
    add('add-auth-middleware', ['--protect', 'all']);
    if (service !== issuer) add('add-s2s', ['--protect', 'all', ...nowhere]);
  }
  return wanted;
}

async function runCommand(ground: Ground, root: string, head: ServiceHead, command: Command): Promise<Row> {
  copyRepo(ground.before, root);
  const row = {
    ...ground.head,
    service: head.name,
    generator: command.generator,
    refusal: '',
    files: 0,
    linesAdded: 0,
    linesRemoved: 0,
    testsPassed: 0,
    boot: '',
    verify: '',
    problems: [],
  };
  try {
    const plan = await planCommand(command, root);
    if (!plan.ok) return { ...row, ...refusedRow(plan, ground.before, root) };
    await apply(plan, root);
    return { ...row, ...(await appliedRow(ground, root, head, command, plan)) };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...row, result: 'crashed', problems: [text] };
  }
}

function refusedRow(
  { obstacles }: Refusal,
  before: string,
  root: string,
): Partial<Row> & Pick<Row, 'result'> {
  const isSame = sameTree(before, root);
  const refusal = obstacles.map(({ message, remedy }) => `${message} ${remedy}`).join(' ');
  return { result: obstacles[0].code, refusal, problems: isSame ? [] : ['The tree changed.'] };
}

async function appliedRow(
  ground: Ground,
  root: string,
  head: ServiceHead,
  command: Command,
  plan: Plan,
): Promise<Partial<Row> & Pick<Row, 'result'>> {
  const repo = openRepo(root);
  const service = surveyed(repo, head);
  addPackages(join(root, head.dir), newPackages(openRepo(ground.before), repo, head));
  const again = await planCommand(command, root);
  const types = await ground.types.newErrors(service, root, plan.edits);
  const tests = await failingTests(service, root, plan.edits);
  const dirty = await unformatted(service, ground.before, root, plan.edits);
  const before = await bootBefore(ground, head);
  const verifies = command.generator === 'add-auth-verify';
  const boot = before.boots ? await bootOnce(root, service, verifies ? '/auth/verify' : undefined) : before;
  const lines = parsePatch(diffOf(plan.edits))
    .flatMap(({ hunks }) => hunks)
    .flatMap((hunk) => hunk.lines);
  const problems = [
    ...(again.ok && again.edits.length === 0 ? [] : ['A second run is not empty.']),
    ...types.map((error) => `New type error: ${error}`),
    ...tests.failures.map((failure) => `A generated test fails: ${failure}`),
    ...dirty.map((path) => `The formatter would change ${path}.`),
    ...(before.boots && !boot.boots ? [`It does not start any more: ${boot.reason}`] : []),
    ...(boot.verify !== undefined && boot.verify.join() !== '401,200'
      ? [`POST /auth/verify answers ${boot.verify.join(', ')}: ${boot.reason}`]
      : []),
  ];
  return {
    result: 'applied',
    files: plan.edits.length,
    linesAdded: lines.filter((line) => line.startsWith('+')).length,
    linesRemoved: lines.filter((line) => line.startsWith('-')).length,
    testsPassed: tests.passed,
    boot: before.boots ? (boot.boots ? 'yes' : 'no') : `– (${before.reason})`,
    verify: boot.verify?.join(', ') ?? '',
    problems,
  };
}

async function bootBefore({ before, boots }: Ground, head: ServiceHead): Promise<Boot> {
  const known = boots.get(head.dir) ?? bootOnce(before, surveyed(openRepo(before), head));
  boots.set(head.dir, known);
  return known;
}

function surveyed(repo: Repo, head: ServiceHead): Service {
  const service = surveyService(repo, head);
  if ('ok' in service) throw new Error(service.obstacles[0].message);
  return service;
}

function newPackages(before: Repo, after: Repo, { manifest }: ServiceHead): readonly string[] {
  const namesIn = (repo: Repo): readonly string[] => {
    const json = JSON.parse(repo.read(manifest.path) ?? '{}') as Record<
      string,
      Record<string, string> | undefined
    >;
    return Object.keys({ ...json['dependencies'], ...json['devDependencies'] });
  };
  const known = new Set(namesIn(before));
  return namesIn(after).filter((name) => !known.has(name));
}

function sameTree(a: string, b: string): boolean {
  const [left, right] = [readTree(a), readTree(b)];
  return (
    left.size === right.size && [...left].every(([path, bytes]) => right.get(path)?.equals(bytes) === true)
  );
}
