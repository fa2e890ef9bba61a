import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { execa } from 'execa';

import type { ServiceHead } from '../../generators/_engine/model/service.ts';
import { openRepo } from '../../generators/_engine/repo/repo.ts';
import { findAuthService } from '../../generators/_engine/facts/auth/auth-service.ts';
import { surveyHeads } from '../../generators/_engine/repo/services.ts';
import { apply } from '../../plopfile.ts';
import type { Command } from '../../test/helpers/case.ts';
import { planCommand } from '../../test/helpers/run-command.ts';
import type { Boot } from './boot.ts';
import { TypeBaseline } from './checks.ts';
import { copyRepo } from './copy-repo.ts';
import { appliedRow, type Ground, type Head, refusedRow } from './measure.ts';
import type { Row } from './report.ts';

/** Every generator, or `only` those, on every service of one repository that it is for. */
export async function runRepo(
  from: string,
  only: readonly string[] | undefined,
  tell: (line: string) => void,
): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 's2s-corpus-'));
  try {
    // Services without a name of their own go by the folder's.
    const before = join(folder, 'before', basename(from));
    copyRepo(from, before);
    const repo = openRepo(before);
    const heads = surveyHeads(repo);
    const issuer = findAuthService(repo, heads);
    const commit = await execa('git', ['rev-parse', '--short', 'HEAD'], { cwd: from, reject: false });
    const head: Head = {
      repo: basename(from).replace('+', '/'),
      commit: commit.stdout,
      services: heads.length,
      auth: issuer?.name ?? '–',
    };
    const ground = {
      head,
      before,
      types: new TypeBaseline(before),
      boots: new Map<string, Promise<Boot>>(),
      scripts: new Map<string, Promise<readonly string[]>>(),
      tests: new Set<string>(),
    };
    const rows: Row[] = [];
    for (const { service, command } of commandsFor(heads, issuer)) {
      if (only?.includes(command.generator) === false) continue;
      const root = join(folder, `after-${String(rows.length)}`, basename(from));
      const row = await runCommand(ground, root, service, command);
      rmSync(root, { recursive: true, force: true });
      rows.push(row);
      const { generator, problems, repo: name, result, service: of } = row;
      tell(
        [`${name} ${of} ${generator}: ${result}, ${String(problems.length)} wrong`, ...problems].join('\n'),
      );
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The owner's own configuration may run: what it would change is measured. */
const always = ['--yes', '--format'];

type Wanted = Readonly<{ service: ServiceHead; command: Command }>;

/** The verify route where the tokens come from; the rest in each other service, or there when it is alone. */
function commandsFor(heads: readonly ServiceHead[], issuer: ServiceHead | undefined): readonly Wanted[] {
  const others = heads.filter((head) => head !== issuer);
  const libraries = heads.filter(({ name }) =>
    heads.some(({ manifest }) => manifest.dependencies[name] !== undefined),
  );
  const consumers = others.length === 0 ? heads : others;
  const nowhere = issuer === undefined ? ['--auth', 'none'] : [];
  const wanted: Wanted[] = [];
  if (issuer !== undefined)
    wanted.push({ service: issuer, command: { generator: 'add-auth-verify', args: always } });
  for (const service of consumers) {
    const target = ['--target', service.dir === '' ? service.name : service.dir, ...always];
    const add = (generator: string, more: readonly string[] = []): void => {
      wanted.push({ service, command: { generator, args: [...target, ...more] } });
    };
    add('add-circuit-breaker');
    add('add-service-client');
    // What other services depend on is no application of its own.
    if (libraries.includes(service)) continue;
    add('add-auth-middleware', ['--protect', 'all', '--public', 'none']);
    if (service !== issuer) add('add-s2s', ['--protect', 'all', '--public', 'none', ...nowhere]);
    add('add-s2s-discovery', ['--source', 'static,srv']);
    add('add-s2s-rate-limit');
    add('add-s2s-tracing');
    add('add-s2s-metrics');
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
    manual: '',
    files: 0,
    linesAdded: 0,
    linesRemoved: 0,
    tests: '',
    boot: '',
    routes: '',
    verify: '',
    notes: [],
    answers: {},
    undo: '',
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
