import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { hashCode } from '../../generators/_engine/record/hash.ts';
import { HostileRepo, type HostileRun, secret } from '../helpers/hostile-repo.ts';

let repo: HostileRepo;
beforeEach(() => {
  repo = new HostileRepo();
});
afterEach(() => {
  repo.close();
});

type Json = Readonly<Record<string, unknown>>;
const by = 'add-circuit-breaker';
const evil = "process.exit('evil');";

/** What a record says of a file. */
type Entry = Readonly<{ part: 'files' | 'patches'; value: unknown }>;

/** A file that is said to be generated, from its first line to its last. */
function whole(role: string, text = evil): Entry {
  return { part: 'files', value: `${role} ${hashCode('a.ts', text)}` };
}

/** A file of the user's that is said to have lost a line to us, which an undo gives back. */
function patched(role: string, insertion: unknown = [evil, 'x']): Entry {
  return { part: 'patches', value: { [`${by} ${role}`]: [insertion] } };
}

function recordOf(entries: Readonly<Record<string, Entry>>, more: Json = {}): string {
  // JSON as an attacker writes it: `__proto__` is a key there.
  const part = (wanted: Entry['part']): string => {
    const own = Object.entries(entries).filter(([, entry]) => entry.part === wanted);
    return `{ ${own.map(([path, { value }]) => `${JSON.stringify(path)}: ${JSON.stringify(value)}`).join(', ')} }`;
  };
  const head = JSON.stringify({ schema: 2, version: '0.1.0', by, ...more }).slice(0, -1);
  return `${head}, "files": ${part('files')}, "patches": ${part('patches')} }`;
}

/** Commits a record that the repository brings along. */
function bring(entries: Readonly<Record<string, Entry>>, more: Json = {}): void {
  repo.write('.s2s.json', recordOf(entries, more));
  repo.commit();
}

function run(generator: string, answers: unknown): Json {
  return { runs: { [generator]: answers } };
}

/** Refused because of the record, at once, with nothing written and nothing told. */
async function expectRefused(line: string, code = 'E_RECORD'): Promise<HostileRun> {
  const before = repo.everything;
  const startedAt = performance.now();
  const found = await repo.run(line);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(repo.everything).toEqual(before);
  expect({ exit: found.exit, codes: found.outcome.obstacles.map((one) => one.code) }).toEqual({
    exit: 3,
    codes: expect.arrayContaining([code]) as unknown,
  });
  expect(found.text).not.toContain(secret);
  return found;
}

const places: readonly (readonly [path: string, entry: Entry])[] = [
  ['.git/config', patched('env')],
  ['.git/config', patched('registration')],
  ['.git/hooks/pre-commit', whole('source')],
  ['.git/evil.ts', whole('source')],
  ['.GIT/evil.ts', whole('source')],
  ['.git /evil.ts', whole('source')],
  ['.git./evil.ts', whole('source')],
  ['.g\u200Cit/evil.ts', whole('source')],
  ['．git/evil.ts', whole('source')],
  ['git~1/evil.ts', whole('source')],
  ['.git::$INDEX_ALLOCATION/evil.ts', whole('source')],
  ['src/.git/evil.ts', whole('source')],
  ['node_modules/fastify/evil.ts', whole('source')],
  ['NODE_MODULES/fastify/evil.ts', whole('source')],
  ['.env', patched('env')],
  ['.env', whole('env')],
  ['.env', whole('source')],
  ['.ENV', patched('env')],
  ['.env.local', patched('env')],
  ['.env.example.local', patched('env')],
  ['.envrc', patched('env')],
  ['package.json', whole('unit-test')],
  ['package.json', whole('manifest')],
  ['package.json', patched('env')],
  ['package-lock.json', patched('manifest')],
  ['tsconfig.base.json', patched('manifest')],
  ['pnpm-lock.yaml', patched('manifest')],
  ['src/app.ts', patched('record')],
  ['src/app.ts', patched('nonsense')],
  ['.s2s.json', patched('record')],
  ['.gitignore', patched('env')],
  ['.npmrc', patched('env')],
  ['.github/workflows/ci.yml', patched('compose')],
  ['.husky/hook.ts', whole('source')],
  ['id_rsa', whole('source')],
  ['Dockerfile', patched('compose')],
  ['src/app.js', patched('registration')],
  ['../outside/file.ts', whole('source')],
  ['/etc/evil.ts', whole('source')],
  ['src/../../outside/file.ts', whole('source')],
  ['src/./app.ts', patched('registration')],
  ['src\\app.ts', patched('registration')],
  ['C:/app.ts', patched('registration')],
  ['src/app\n.ts', whole('source')],
  ['src/app\u0000.ts', whole('source')],
  ['src/app\u001B[2K.ts', whole('source')],
  ['__proto__', whole('source')],
  ['constructor', whole('source')],
];

describe('D.15 a record names files that no generator makes or changes', () => {
  it.each(places)('refuses %j, %#', async (path, entry) => {
    bring(Object.fromEntries([[path, entry]]));
    await expectRefused('s2s-undo --force');
  });

  it.each(['s2s-undo', 's2s-status', 's2s-status --fix', 's2s-upgrade', 's2s-graph', 'add-circuit-breaker'])(
    'is refused by %s, whichever command reads it',
    async (line) => {
      bring({ '.git/config': patched('env') });
      await expectRefused(line);
    },
  );

  it.each([
    ['a role', 'source 0123456789abcdef'],
    ['a role of the user’s', 'env 0123456789abcdef'],
    ['a generator', 'unit-test 0123456789abcdef ../../evil'],
    ['a version', 'unit-test 0123456789abcdef add-s2s@\u001B[2K'],
    ['a second generator', 'unit-test 0123456789abcdef +../evil'],
    ['a hash', 'unit-test 0'],
    ['no text', 1],
  ])('refuses an entry with %s that is none', async (_what, value) => {
    bring({ '.env.example': { part: 'files', value } });
    await expectRefused('s2s-undo');
    bring({ 'src/other.ts': { part: 'files', value: value === 'source 0123456789abcdef' ? '' : value } });
    await expectRefused('s2s-undo');
  });

  it('refuses a file that is said to be generated and changed', async () => {
    bring({ 'src/app.ts': whole('source') });
    const record = JSON.parse(recordOf({ 'src/app.ts': whole('source') })) as Json;
    repo.write('.s2s.json', JSON.stringify({ ...record, patches: { 'src/app.ts': ['x'] } }));
    await expectRefused('s2s-undo');
  });

  it('refuses a record of a package that reaches out of the repository, or names a file in two ways', async () => {
    repo.write('lib/package.json', '{ "name": "lib" }');
    for (const path of ['../../outside/file.ts', '../lib/code.ts', '../.git/evil.ts']) {
      repo.write('lib/.s2s.json', recordOf({ [path]: whole('source') }));
      repo.commit();
      await expectRefused('s2s-undo --force');
    }
  });
});

describe('D.15 a record names files of the user’s that git does not have', () => {
  it.each(['src/ignored.ts', 'src/untracked.ts'])('neither shows %s nor takes it away', async (path) => {
    const known = readFileSync(join(repo.root, path), 'utf8');
    // Also by somebody who has guessed what is in it, and who has it ignored no more.
    repo.write('.gitignore', '.env\n');
    repo.write('.s2s.json', recordOf({ [path]: whole('source', known) }));
    repo.git('add', '.s2s.json', '.gitignore', 'package.json', 'src/app.ts', '.env.example');
    repo.git('-c', 'user.name=e', '-c', 'user.email=e@localhost', 'commit', '--quiet', '--message', 'x');
    for (const line of ['s2s-undo', 's2s-undo --force', 's2s-undo --dry-run'])
      expect((await expectRefused(line)).text).toContain('is not tracked by git');
  });

  it.each(['s2s-undo', 's2s-undo --force', 's2s-undo --dry-run'])(
    'without git, %s neither shows nor takes away what is nothing like what is recorded',
    async (line) => {
      rmSync(join(repo.root, '.git'), { recursive: true });
      repo.write('.s2s.json', recordOf({ 'src/ignored.ts': whole('source') }));
      await expectRefused(line, 'E_FILE_EDITED');
    },
  );
});

describe('D.15 D.16 a record names files behind links', () => {
  it.each([
    ['out of the repository', '../../outside', 'src/link/file.ts', whole('source')],
    ['into .git', '../.git', 'src/link/evil.ts', whole('source')],
    ['to another package', '../lib', 'src/link/code.ts', whole('source')],
    ['nowhere', '../missing', 'src/link/code.ts', whole('source')],
  ])('refuses a folder that leads %s', async (_what, to, path, entry) => {
    repo.write('lib/package.json', '{ "name": "lib" }');
    repo.write('lib/code.ts', `${evil}\n`);
    repo.write('src/package.json', '{ "name": "src" }');
    symlinkSync(to, join(repo.root, 'src/link'));
    bring({ [path]: entry });
    const before = repo.everything;
    const found = await repo.run('s2s-undo --force');
    // What is not there is nothing to take back; only the record goes.
    if (to === '../missing')
      expect(found.outcome.changes.map((change) => change.path)).toEqual(['.s2s.json']);
    else {
      expect(found.exit).toBe(3);
      expect(repo.everything).toEqual(before);
    }
    expect(found.text).not.toContain(secret);
  });

  it.each([
    ['.env', '.env.example', patched('env')],
    ['.git/config', 'src/app.ts', patched('registration')],
    ['../outside/file.ts', 'src/other.ts', whole('source')],
    ['package.json', 'src/other.ts', whole('source')],
  ])('refuses a file that leads to %s', async (to, path, entry) => {
    rmSync(join(repo.root, path), { force: true });
    symlinkSync(join(path.includes('/') ? '..' : '', to), join(repo.root, path));
    bring({ [path]: entry });
    await expectRefused('s2s-undo --force');
  });
});

describe('D.17a what is recorded never becomes code or a flag unchecked', () => {
  it.each([
    ['an object', { path: { a: 1 } }],
    ['a number', { path: 1 }],
    ['a list for a text', { path: ['/auth/verify'] }],
    ['a value outside of the choices', { blacklist: "none'; evil('" }],
    ['line breaks', { path: '/a\nevil()' }],
    ['a list of objects', { path: [{}] }],
    ['no object', []],
    ['an inherited name', JSON.parse('{ "__proto__": { "path": "/x" } }')],
  ])('refuses answers that are %s', async (_what, answers) => {
    bring({}, run('add-auth-verify', answers));
    repo.write(
      'src/login.ts',
      "import jwt from 'jsonwebtoken';\nexport const token = jwt.sign({ sub: 'x' }, process.env.JWT_SECRET ?? '');\n",
    );
    await expectRefused('s2s-upgrade');
  });

  it.each([
    ['upgrade', 's2s-upgrade'],
    ['undo', 's2s-undo'],
    ['status', 's2s-status'],
    ['graph', 's2s-graph'],
  ])('never plans s2s-%s again', async (_what, id) => {
    bring({}, run(id, {}));
    await expectRefused('s2s-upgrade');
  });

  it('knows no generator by a path, and none that it does not have', async () => {
    bring({}, run('../add-circuit-breaker', {}));
    await expectRefused('s2s-upgrade');
    bring({}, run('not-ours', {}));
    const { outcome } = await repo.run('s2s-upgrade');
    expect(outcome.status).toBe('unchanged');
  });

  it('takes no flag that says how to run from a record', async () => {
    repo.write('src/utils/circuit-breaker.ts', 'export const mine = 1;\n');
    bring(
      {},
      run('add-circuit-breaker', { force: true, install: true, check: true, allowDirty: true, cwd: '/' }),
    );
    const refused = await expectRefused('s2s-upgrade', 'E_FILE_EXISTS');
    expect(refused.text).toContain('src/utils/circuit-breaker.ts');
    const fixed = await repo.run('s2s-status --fix');
    expect(fixed.text).not.toContain('E_PROOF');
    expect(readFileSync(join(repo.root, 'src/utils/circuit-breaker.ts'), 'utf8')).toBe(
      'export const mine = 1;\n',
    );
  });

  it('renders what is missing again, and writes no text of the record', async () => {
    const utils = 'src/utils/circuit-breaker.ts';
    bring(
      { [utils]: whole('circuit-breaker'), 'src/evil.ts': whole('source') },
      run('add-circuit-breaker', { with: [] }),
    );
    await repo.run('s2s-status --fix');
    expect(readFileSync(join(repo.root, utils), 'utf8')).toContain('class CircuitBreaker');
    expect(readFileSync(join(repo.root, utils), 'utf8')).not.toContain('evil');
    expect(existsSync(join(repo.root, 'src/evil.ts'))).toBe(false);
  });

  it('puts no code of the record into a file that it gives back', async () => {
    const line = 'export function buildApp() {';
    bring({ 'src/app.ts': patched('registration', [`${evil}\n${line}`, line]) });
    await expectRefused('s2s-undo --force', 'E_PROOF');
  });
});

it('D.17a renders a generated file that somebody else is said to have changed, and writes no line of the record', async () => {
  await repo.run('add-service-client');
  const path = 'src/utils/service-client.ts';
  const text = readFileSync(join(repo.root, path), 'utf8');
  const record = JSON.parse(readFileSync(join(repo.root, '.s2s.json'), 'utf8')) as {
    files: Record<string, string>;
    runs: Json;
  };
  record.files[path] = `${record.files[path] ?? ''} +add-s2s-discovery`;
  record.runs = { ...record.runs, 'add-s2s-discovery': {} };
  repo.write('.s2s.json', JSON.stringify(record));
  repo.git('add', '--all', '--', '.', ':!src/untracked.ts');
  const { exit } = await repo.run('s2s-undo --generator add-s2s-discovery');
  expect(exit).toBe(0);
  expect(readFileSync(join(repo.root, path), 'utf8')).toBe(text);
  repo.write('.s2s.json', JSON.stringify(record).replace(hashCode(path, text), '0123456789abcdef'));
  repo.git('add', '--all', '--', '.', ':!src/untracked.ts');
  await expectRefused('s2s-undo --generator add-s2s-discovery');
});

describe('D.15 a record that is there to keep us busy', () => {
  it.each<[string, () => void]>([
    [
      '17 MB',
      () => {
        bring({}, { usedBefore: ['x'.repeat(17_000_000)] });
      },
    ],
    [
      'a million brackets',
      () => {
        const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`;
        repo.write('.s2s.json', `{ "schema": 2, "version": "1", "runs": { "add-s2s": ${deep} } }`);
        repo.commit();
      },
    ],
    ...(
      [
        ['a place far away', { text: 'x', place: [1, 1e15] }],
        ['a place below zero', { text: 'x', place: [-1, 1] }],
        ['a place behind the last', { text: 'x', place: [3, 2] }],
        ['an insertion of no kind', 1],
        ['an insertion of nothing', ''],
        ['an endless insertion', 'x;'.repeat(100_000)],
      ] as const
    ).map(([what, insertion]): [string, () => void] => [
      what,
      () => {
        bring({ 'src/app.ts': patched('registration', insertion) });
      },
    ]),
    [
      'a thousand insertions',
      () => {
        bring({ 'src/app.ts': { part: 'patches', value: Array.from({ length: 1_000 }, () => 'x') } });
      },
    ],
  ])('refuses %s at once', async (_what, arrange) => {
    arrange();
    await expectRefused('s2s-undo');
  });
});
