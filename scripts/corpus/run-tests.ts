import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { execa } from 'execa';

import type { Edit } from '../../generators/_engine/model/plan.ts';
import { surveyService } from '../../generators/_engine/facts/app/service.ts';
import type { Service } from '../../generators/_engine/model/service.ts';
import { openRepo } from '../../generators/_engine/repo/repo.ts';
import { findAuthService } from '../../generators/_engine/facts/auth/auth-service.ts';
import { surveyHeads } from '../../generators/_engine/repo/services.ts';
import { childEnvironment } from '../../test/helpers/child-environment.ts';
import { environmentOf } from './environment.ts';
import { runLimitMs } from './limits.ts';

export interface TestRuns {
  readonly passed: number;
  /**
   * Files where the runner does not even pass a test of one line, because it needs a database or knows no TypeScript;
   * those that start services which do not start without the change either; and those where Jest cannot load what
   * Fastify itself depends on (`cookie` 2 has no CommonJS, and `app.inject()` needs it).
   */
  readonly unjudged: number;
  readonly failures: readonly string[];
}

const isTest = ({ kind, path }: Edit): boolean => kind === 'create' && /\.(test|spec)\.ts$/.test(path);

/**
 * Runs the tests of an edit with the service's own runner; `before` is the copy without the edit. What passed is kept in
 * `known`: the same test of the same files passes again.
 */
export async function runTests(
  service: Service,
  before: string,
  root: string,
  edits: readonly Edit[],
  boots: boolean,
  known: Set<string>,
): Promise<TestRuns> {
  let [passed, unjudged] = [0, 0];
  const failures: string[] = [];
  for (const edit of edits.filter(isTest)) {
    const { path } = edit;
    if (service.dir !== '' && !path.startsWith(`${service.dir}/`)) continue;
    const key = keyOf(edit, edits);
    const failure = known.has(key)
      ? undefined
      : await failureOf(
          service,
          root,
          path,
          edit.role === 'integration-test' ? withIssuer(service, root) : [],
        );
    if (failure === undefined) {
      passed += 1;
      if (edit.role === 'unit-test') known.add(key);
    } else if (!boots && failure.includes('did not start')) unjudged += 1;
    else if (failure.includes('Must use import to load ES Module')) unjudged += 1;
    else if (await passesPlainTest(service, before, path)) failures.push(`${path}\n${failure}`);
    else unjudged += 1;
  }
  return { passed, unjudged, failures };
}

/** A unit test with what it can depend on: the new files up to its own, and those of the parts that it brings. */
function keyOf(test: Edit, edits: readonly Edit[]): string {
  const own = edits.slice(0, edits.indexOf(test) + 1);
  return own.flatMap((edit) => (edit.kind === 'create' ? [edit.path, edit.text] : [])).join('\0');
}

/** A test of several services gives them its own environment: it needs what each of them starts with. */
function withIssuer(service: Service, root: string): readonly Service[] {
  const repo = openRepo(root);
  const issuer = findAuthService(repo, surveyHeads(repo));
  return issuer === undefined ? [service] : [surveyService(repo, issuer, false), service];
}

async function failureOf(
  service: Service,
  root: string,
  path: string,
  started: readonly Service[] = [],
): Promise<string | undefined> {
  const stem = basename(path).replace(/\.(test|spec)\.ts$/, '');
  const command = service.testing.command.replace(/^(pnpm exec|bunx|yarn) /, '').replace('NAME', stem);
  // Node 20 leaves globs to the shell.
  const run = await execa(command.replace(/"([^"]*\*[^"]*)"/g, '$1'), {
    cwd: join(root, service.dir),
    shell: 'bash',
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: runLimitMs,
    preferLocal: true,
    extendEnv: false,
    env: childEnvironment({
      ...Object.fromEntries(started.flatMap((one) => Object.entries(environmentOf(root, one, 0)))),
      BASHOPTS: 'globstar',
      NO_COLOR: '1',
      FASTIFY_AUTOLOAD_TYPESCRIPT: '1',
      CI: '1',
    }),
  });
  return run.failed ? run.all.slice(-3_000) : undefined;
}

/** A test of one line that passes, by runner. */
export const plainTests: Readonly<Record<Service['testing']['runner'], string>> = {
  vitest:
    "import { expect, it } from 'vitest';\nit('runs', () => { const one: number = 1; expect(one).toBe(1); });\n",
  jest: "test('runs', () => { const one: number = 1; expect(one).toBe(1); });\n",
  'node:test':
    "import test from 'node:test';\ntest('runs', () => { const one: number = 1; return one > 0 ? undefined : undefined; });\n",
  tap: "import tap from 'tap';\nconst one: number = 1;\ntap.equal(one, 1);\n",
  none: '',
};

async function passesPlainTest(service: Service, before: string, path: string): Promise<boolean> {
  const plain = join(dirname(path), basename(path).replace(/^.*\.(test|spec)\.ts$/, 'plain-of-corpus.$1.ts'));
  const file = join(before, plain);
  const isNewFolder = !existsSync(dirname(file));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, plainTests[service.testing.runner]);
  const failure = await failureOf(service, before, plain);
  rmSync(isNewFolder ? dirname(file) : file, { recursive: true });
  return failure === undefined;
}
