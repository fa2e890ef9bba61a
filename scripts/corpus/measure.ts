import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { parsePatch } from 'diff';

import type { Plan } from '../../generators/_engine/model/plan.ts';
import type { Refusal } from '../../generators/_engine/model/obstacle.ts';
import type { Repo } from '../../generators/_engine/model/repo.ts';
import type { ServiceHead } from '../../generators/_engine/model/service.ts';
import { diffOf } from '../../generators/_engine/plan/diff.ts';
import { openRepo } from '../../generators/_engine/repo/repo.ts';
import { surveyService } from '../../generators/_engine/facts/app/service.ts';
import { findTokenlessTests } from '../../generators/add-auth-middleware/beside-guard.ts';
import { openSurvey } from '../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../generators/_engine/repo/services.ts';
import type { Command } from '../../test/helpers/case.ts';
import { planCommand } from '../../test/helpers/run-command.ts';
import { type Boot, bootOnce } from './boot.ts';
import { type TypeBaseline, unformatted } from './checks.ts';
import { addPackages } from './copy-repo.ts';
import { brokenScripts, passingScripts } from './own-scripts.ts';
import type { Row } from './report.ts';
import { changedRoutes, guardProblems } from './routes.ts';
import { plainTests, runTests } from './run-tests.ts';
import { notUndone, sameTree, undoResult } from './undone.ts';

export type Head = Pick<Row, 'repo' | 'commit' | 'services' | 'auth'>;

/** What the rows of one repository share. */
export interface Ground {
  readonly head: Head;
  /** An untouched copy. */
  readonly before: string;
  readonly types: TypeBaseline;
  readonly boots: Map<string, Promise<Boot>>;
  /** By folder of a service: its own scripts that succeed before. */
  readonly scripts: Map<string, Promise<readonly string[]>>;
  /** Unit tests that passed, with the files that they are about. */
  readonly tests: Set<string>;
}

export function refusedRow(
  { obstacles }: Refusal,
  before: string,
  root: string,
): Partial<Row> & Pick<Row, 'result'> {
  const isSame = sameTree(before, root);
  const refusal = obstacles.map(({ message, remedy }) => `${message} ${remedy}`).join(' ');
  const manual = obstacles.flatMap((one) => one.manual ?? []).join('\n');
  return { result: obstacles[0].code, refusal, manual, problems: isSame ? [] : ['The tree changed.'] };
}

/** What an autoloaded folder takes in without a patch of the service. */
const wiredRoles: ReadonlySet<string> = new Set(['auth-middleware', 'verify-route']);

export async function appliedRow(
  ground: Ground,
  root: string,
  head: ServiceHead,
  command: Command,
  plan: Plan,
): Promise<Partial<Row> & Pick<Row, 'result'>> {
  const repo = openRepo(root);
  const service = surveyService(repo, head, false);
  for (const one of surveyHeads(repo)) {
    addPackages(join(root, one.dir), newPackages(openRepo(ground.before), repo, one));
  }
  const again = await planCommand(command, root);
  const lines = parsePatch(diffOf(plan.edits))
    .flatMap(({ hunks }) => hunks)
    .flatMap((hunk) => hunk.lines);
  const counts = {
    result: 'applied',
    files: plan.edits.length,
    linesAdded: lines.filter((line) => line.startsWith('+')).length,
    linesRemoved: lines.filter((line) => line.startsWith('-')).length,
  };
  const repeated = again.ok && again.edits.length === 0 ? [] : ['A second run is not empty.'];
  if (!isInstalled(root, head)) {
    const kept = await notUndone(ground.before, root, plan);
    return {
      ...counts,
      notes: plan.notes,
      boot: '– (not installed)',
      ...undoResult(kept),
      problems: [...repeated, ...kept],
    };
  }
  const before = await bootBefore(ground, head);
  const types = await ground.types.newErrors(service, root, plan.edits);
  const tests = await runTests(service, ground.before, root, plan.edits, before.boots, ground.tests);
  const dirty = await unformatted(service, ground.before, root, plan.edits);
  const verifies = command.generator === 'add-auth-verify';
  // Files that nothing imports yet change no program.
  const isWired = plan.edits.some(({ kind, path }) => kind === 'patch' && /\.[cm]?ts$/.test(path));
  const boot =
    before.boots && (isWired || plan.edits.some(({ role }) => wiredRoles.has(role)))
      ? await bootOnce(root, service, verifies ? '/auth/verify' : undefined)
      : before;
  const routes =
    !before.boots || !boot.boots
      ? []
      : command.args.includes('--protect')
        ? guardProblems(before.routes, boot.routes, plan.notes.join('\n'))
        : changedRoutes(before.routes, boot.routes);
  const announced = announcedTests(ground.before, head, plan.notes);
  const plainTest = plainTests[service.testing.runner];
  const passing = await scriptsBefore(ground, head);
  const scripts = await brokenScripts(root, head.dir, passing, announced, plainTest);
  const kept = await notUndone(ground.before, root, plan);
  const problems = [
    ...repeated,
    ...kept,
    ...routes,
    ...scripts,
    ...types.map((error) => `New type error: ${error}`),
    ...tests.failures.map((failure) => `A generated test fails: ${failure}`),
    ...dirty.map((path) => `The formatter would change ${path}.`),
    ...(before.boots && !boot.boots ? [`It does not start any more: ${boot.reason}`] : []),
    ...(boot.verify !== undefined && boot.verify.join() !== '401,200'
      ? [`POST /auth/verify answers ${boot.verify.join(', ')}: ${boot.reason}`]
      : []),
  ];
  return {
    ...counts,
    tests: `${String(tests.passed)}${tests.unjudged === 0 ? '' : ` (${String(tests.unjudged)} not runnable)`}`,
    routes: before.boots && boot.boots ? String(boot.routes.size) : '',
    notes: plan.notes,
    answers: answersOf(before, boot),
    boot: before.boots ? (boot.boots ? 'yes' : 'no') : `– (${before.reason})`,
    verify: boot.verify?.join(', ') ?? '',
    ...undoResult(kept),
    problems,
  };
}

/** Tests of the repository that request guarded routes without a token, where a note says that they are refused now. */
function announcedTests(before: string, head: ServiceHead, notes: readonly string[]): readonly string[] {
  if (!notes.some((note) => note.startsWith('Tests that request guarded routes'))) return [];
  const service = surveyService(openRepo(before), head, false);
  return findTokenlessTests(
    openSurvey(openRepo(before), service),
    service.routes.flatMap(({ routes }) => routes),
  ).map(({ path }) => path);
}

function answersOf(before: Boot, after: Boot): Row['answers'] {
  const statuses = (boot: Boot, route: string): readonly number[] => {
    const asked = boot.routes.get(route);
    return asked === undefined ? [] : [asked.stranger, asked.owner];
  };
  return Object.fromEntries(
    [...after.routes.keys()].map((route) => [route, [...statuses(before, route), ...statuses(after, route)]]),
  );
}

/** Without its packages a service neither compiles nor runs, whatever is done to it. */
function isInstalled(root: string, { dir }: ServiceHead): boolean {
  const folders = dir.split('/').map((_, index, all) => all.slice(0, index + 1).join('/'));
  // Not every package of an old lock file can still be had.
  return ['fastify', 'typescript/bin/tsc'].every((path) =>
    ['', ...folders].some((folder) => existsSync(join(root, folder, 'node_modules', path))),
  );
}

async function bootBefore({ before, boots }: Ground, head: ServiceHead): Promise<Boot> {
  const known = boots.get(head.dir) ?? bootOnce(before, surveyService(openRepo(before), head, false));
  boots.set(head.dir, known);
  return known;
}

async function scriptsBefore({ before, scripts }: Ground, { dir }: ServiceHead): Promise<readonly string[]> {
  const known = scripts.get(dir) ?? passingScripts(before, dir);
  scripts.set(dir, known);
  return known;
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
