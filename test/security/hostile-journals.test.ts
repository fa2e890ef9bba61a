import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { hashText } from '../../generators/_engine/record/hash.ts';
import { toRel } from '../../generators/_engine/model/paths.ts';
import { recover } from '../../generators/_engine/apply/recover.ts';
import { sealed } from '../../generators/_engine/apply/signed-journal.ts';
import { apply, plan } from '../../plopfile.ts';
import { childEnvironment } from '../helpers/child-environment.ts';
import { HostileRepo } from '../helpers/hostile-repo.ts';
import { projectRoot } from '../helpers/project-root.ts';

let repo: HostileRepo;
let state = '';
beforeEach(() => {
  repo = new HostileRepo();
  repo.commit();
  state = join(repo.outside, 'state');
  vi.stubEnv('XDG_STATE_HOME', state);
  vi.stubEnv('TMPDIR', join(repo.outside, 'tmp'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  repo.close();
});

const host = encodeURIComponent(hostname());
/** Beyond every process number that Linux gives. */
const gone = `4194305-0-1@${host}`;
const attack = '[core]\n\tfsmonitor = "touch /tmp/owned"\n';

/** A run that is said to have been killed: what it would "put back" is the attacker's. */
function journalOf(target: string, holder = gone, more: object = {}): object {
  const before = Buffer.from(attack).toString('base64');
  const entries = [{ target, before, after: hashText(''), mode: 0o755 }];
  return { id: 'one', holder, entries, folders: [], emptied: [], ...more };
}

function signedWith(key: Uint8Array, journal: object, root = repo.root): string {
  const body = JSON.stringify({ ...journal, root });
  return `s2s-journal ${createHmac('sha256', key).update(body).digest('hex')}\n${body}`;
}

/** What an attacker can put into a repository under that name. */
const plants: Readonly<Record<string, () => void>> = {
  'one that is not signed': () => {
    repo.write('.s2s.journal', JSON.stringify(journalOf('.git/config')));
  },
  'one of another machine': () => {
    repo.write('.s2s.journal', JSON.stringify(journalOf('.git/config', '1-0-1@build-7')));
  },
  'one of process 1, which runs': () => {
    repo.write('.s2s.journal', JSON.stringify(journalOf('src/app.ts', `1-0-@${host}`)));
  },
  'one with zeros for a signature': () => {
    repo.write('.s2s.journal', `s2s-journal ${'0'.repeat(64)}\n${JSON.stringify(journalOf('src/app.ts'))}`);
  },
  'one that another key signed': () => {
    repo.write('.s2s.journal', signedWith(randomBytes(32), journalOf('src/app.ts')));
  },
  'one that an empty key signed': () => {
    repo.write('.s2s.journal', signedWith(Buffer.alloc(32), journalOf('src/app.ts')));
  },
  'one with a signature that is too long': () => {
    repo.write('.s2s.journal', `s2s-journal ${'0'.repeat(1_000)}\n{}`);
  },
  'one that was signed for another folder': () => {
    repo.write('.s2s.journal', sealed(repo.outside, journalOf('src/app.ts')));
  },
  'one that was changed after it was signed': () => {
    const bytes = sealed(repo.root, journalOf('src/app.ts')).toString();
    repo.write('.s2s.journal', bytes.replace('src/app.ts', '.gitignore'));
  },
  'one that is empty': () => {
    repo.write('.s2s.journal', '');
  },
  'one without an end': () => {
    repo.write('.s2s.journal', '');
    truncateSync(join(repo.root, '.s2s.journal'), 3_000_000_000);
  },
  'a folder of that name': () => {
    repo.write('.s2s.journal/file', 'x');
  },
  'a link to /dev/zero': () => {
    symlinkSync('/dev/zero', join(repo.root, '.s2s.journal'));
  },
  'a pipe': () => execFileSync('sh', ['-c', 'mkfifo .s2s.journal'], { cwd: repo.root }),
};

const reading = ['s2s-graph', 's2s-status', 'add-circuit-breaker --dry-run', 's2s-undo --dry-run'];
const writing = [
  'add-circuit-breaker',
  's2s-undo',
  's2s-undo --recover',
  's2s-undo --recover --force',
  's2s-status --fix',
  's2s-upgrade',
];

async function expectRefused(line: string, code = 'E_RECORD'): Promise<string> {
  const before = repo.everything;
  const startedAt = performance.now();
  const { exit, outcome, text } = await repo.run(line);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(repo.everything).toEqual(before);
  expect(outcome.obstacles, line).toMatchObject([{ code, path: '.s2s.journal' }]);
  expect(exit).toBe(3);
  return text;
}

describe('D.14 a journal that a repository brings along', () => {
  it.each(Object.keys(plants))('%s is refused by every command, and nothing is touched', async (what) => {
    plants[what]?.();
    for (const line of [...reading, ...writing]) {
      const text = await expectRefused(line);
      expect(text).toContain('Delete .s2s.journal');
      // What somebody might do by hand instead, and whom it names, is the attacker's.
      expect(text).not.toMatch(/build-7|process \d|fsmonitor|--recover --force/);
    }
    expect(await plan('add-circuit-breaker', { target: ['svc'] }, repo.root)).toMatchObject({
      obstacles: [{ code: 'E_RECORD' }],
    });
    const edit = { kind: 'create', path: toRel('src/new.ts'), role: 'source', text: '' } as const;
    const before = repo.everything;
    await expect(apply({ ok: true, edits: [edit], notes: [] }, repo.root)).rejects.toMatchObject({
      obstacles: [{ code: 'E_RECORD' }],
    });
    expect(repo.everything).toEqual(before);
  });

  it.each([
    '.git/config',
    '.GIT/config',
    '.git /config',
    '.g\u200Cit/config',
    'git~1/config',
    'node_modules/x/index.js',
    '.env',
    '../outside/file.ts',
    '/etc/evil',
    'src/../.git/config',
    '',
  ])('is refused for the path %j even if it were signed', async (target) => {
    repo.write('.s2s.journal', sealed(repo.root, journalOf(target)));
    await expectRefused('s2s-undo --recover --force');
  });

  it('is refused for folders in .git even if it were signed', async () => {
    repo.write('.s2s.journal', sealed(repo.root, journalOf('src/app.ts', gone, { folders: ['.git/hooks'] })));
    await expectRefused('s2s-undo --recover --force');
  });

  it.each(['../outside', '.git', 'src'])(
    'is refused behind a link to %s even if it were signed',
    async (to) => {
      symlinkSync(to, join(repo.root, 'link'));
      repo.write('.s2s.journal', sealed(repo.root, journalOf('link/file.ts')));
      const before = repo.everything;
      const { exit, outcome } = await repo.run('s2s-undo --recover --force');
      expect(outcome.obstacles).toMatchObject([{ code: 'E_PATH' }]);
      expect(exit).toBe(3);
      expect(repo.everything).toEqual(before);
    },
  );

  it('is no reason to stop where only what lies beside it is planted', async () => {
    for (const name of [`.s2s.journal.${gone}`, '.s2s.journal.claim-one', `.s2s.journal.claim-two`])
      mkdirSync(join(repo.root, name));
    symlinkSync(join(repo.outside, 'file.ts'), join(repo.root, `.s2s.journal.5${gone}`));
    expect(await repo.run('add-circuit-breaker')).toMatchObject({ exit: 0 });
    expect(existsSync(join(repo.outside, 'file.ts'))).toBe(true);
  });
});

describe('D.14 a run of ours that was killed', () => {
  const original = (): string => readFileSync(join(repo.root, 'src/app.ts'), 'utf8');

  it('is rolled back by what writes, and told by what only reads', async () => {
    const app = original();
    const entry = {
      target: 'src/app.ts',
      before: Buffer.from(app).toString('base64'),
      after: hashText('new'),
      mode: 0o644,
    };
    repo.write('src/app.ts', 'new');
    repo.write('.s2s.journal', sealed(repo.root, { ...journalOf('x'), entries: [entry] }));
    for (const line of reading) expect(await expectRefused(line, 'E_LOCKED')).toContain('s2s-undo --recover');
    expect(await plan('add-circuit-breaker', {}, repo.root)).toMatchObject({
      obstacles: [{ code: 'E_LOCKED' }],
    });
    for (const args of [[], ['--help'], ['complete', '--', '--target', ''], ['s2s-undo', '--help']]) {
      const before = repo.everything;
      const cli = [join(projectRoot, 'dist/cli.js'), ...args];
      const env = childEnvironment({ XDG_STATE_HOME: state });
      const { stderr } = spawnSync(process.execPath, cli, { cwd: repo.root, env, encoding: 'utf8' });
      if (args.length === 0) expect(stderr).toContain('Run s2s-undo --recover');
      expect(repo.everything).toEqual(before);
    }
    expect(await repo.run('s2s-undo --recover')).toMatchObject({ exit: 0 });
    expect(original()).toBe(app);
    expect(existsSync(join(repo.root, '.s2s.journal'))).toBe(false);
  });
});

describe('D.14 the key that signs', () => {
  const keyFile = (): string => join(state, 'plop-pack-s2s/journal.key');
  const leave = (): void => {
    repo.write('.s2s.journal', sealed(repo.root, journalOf('src/app.ts')));
  };
  /** The file holds what the journal says that it was given: all but the signature would let it be written. */
  const isBelieved = (): boolean => {
    repo.write('src/app.ts', '');
    try {
      return recover(repo.root);
    } catch {
      return false;
    } finally {
      rmSync(join(repo.root, '.s2s.journal'), { force: true });
    }
  };

  it('is made once, for this user alone, and works', () => {
    leave();
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    expect(statSync(join(state, 'plop-pack-s2s')).mode & 0o777).toBe(0o700);
    const key = readFileSync(keyFile());
    expect(isBelieved()).toBe(true);
    expect(readFileSync(keyFile())).toEqual(key);
  });

  it.each<[string, () => void]>([
    [
      'others can read',
      () => {
        chmodSync(keyFile(), 0o644);
      },
    ],
    [
      'lies in a folder that others can write to',
      () => {
        chmodSync(join(state, 'plop-pack-s2s'), 0o777);
      },
    ],
    [
      'is too short',
      () => {
        writeFileSync(keyFile(), 'x');
      },
    ],
    [
      'is a link',
      () => {
        writeFileSync(join(state, 'other'), readFileSync(keyFile()), { mode: 0o600 });
        rmSync(keyFile());
        symlinkSync(join(state, 'other'), keyFile());
      },
    ],
    [
      'lies in a folder that is a link',
      () => {
        renameSync(join(state, 'plop-pack-s2s'), join(state, 'other'));
        symlinkSync(join(state, 'other'), join(state, 'plop-pack-s2s'));
      },
    ],
    ...(process.getuid?.() === 0
      ? ([
          [
            'is another user’s',
            () => {
              chownSync(keyFile(), 65_534, 65_534);
            },
          ],
        ] as [string, () => void][])
      : []),
  ])('counts for nothing when it %s', (_what, arrange) => {
    leave();
    arrange();
    expect(isBelieved()).toBe(false);
    // A run still works, and its own journal is believed while it runs.
    leave();
    expect(isBelieved()).toBe(true);
  });

  it.each(['.state', '../repo/src/state'])(
    'counts for nothing when a repository brings it in %s',
    (where) => {
      const folder = join(repo.root, where, 'plop-pack-s2s');
      const key = randomBytes(32);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, 'journal.key'), key, { mode: 0o600 });
      vi.stubEnv('XDG_STATE_HOME', join(repo.root, where));
      repo.write('.s2s.journal', signedWith(key, journalOf('src/app.ts')));
      expect(isBelieved()).toBe(false);
      // Also where the run is about a folder of the repository only.
      vi.stubEnv('XDG_STATE_HOME', join(repo.root, where));
      writeFileSync(
        join(repo.root, 'src/.s2s.journal'),
        signedWith(key, journalOf('app.ts'), join(repo.root, 'src')),
      );
      expect(() => recover(join(repo.root, 'src'))).toThrow('it was not signed by a run of this user');
    },
  );

  it('is found by way of a state folder that is a link, as people move theirs to another disk', () => {
    mkdirSync(join(repo.outside, 'disk'));
    symlinkSync(join(repo.outside, 'disk'), state);
    leave();
    expect(existsSync(join(repo.outside, 'disk/plop-pack-s2s/journal.key'))).toBe(true);
    expect(isBelieved()).toBe(true);
  });

  it('is kept among temporary files where there is no home', () => {
    vi.stubEnv('XDG_STATE_HOME', 'relative');
    vi.stubEnv('HOME', join(repo.outside, 'missing'));
    mkdirSync(join(repo.outside, 'tmp'), { recursive: true });
    leave();
    expect(existsSync(join(repo.outside, 'missing'))).toBe(false);
    expect(
      readFileSync(join(repo.outside, `tmp/plop-pack-s2s-${String(process.getuid?.())}/journal.key`)),
    ).toHaveLength(32);
    expect(isBelieved()).toBe(true);
  });

  it('lives as long as the process where no folder can keep one: a run works, and is believed by no other', async () => {
    const file = join(repo.outside, 'file');
    writeFileSync(file, '');
    for (const name of ['XDG_STATE_HOME', 'TMPDIR', 'HOME']) vi.stubEnv(name, join(file, 'no-folder'));
    const { exit, text } = await repo.run('add-circuit-breaker');
    expect(exit, text).toBe(0);
    leave();
    const cli = [join(projectRoot, 'dist/cli.js'), 's2s-undo', '--recover', '--force', '--json'];
    const env = childEnvironment({ XDG_STATE_HOME: join(file, 'x'), TMPDIR: file, HOME: file });
    const before = repo.everything;
    const run = (): string =>
      execFileSync(process.execPath, cli, { cwd: repo.root, stdio: 'pipe', env }).toString();
    expect(run).toThrow(/E_RECORD|Command failed/);
    expect(repo.everything).toEqual(before);
  });
});
