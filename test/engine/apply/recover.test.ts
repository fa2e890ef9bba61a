import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { apply } from '../../../generators/_engine/apply/apply.ts';
import type { Plan } from '../../../generators/_engine/model/plan.ts';
import { type FileOperations, nodeFiles } from '../../../generators/_engine/apply/file-operations.ts';
import { hashBytes } from '../../../generators/_engine/repo/disk.ts';
import { stateOfHolder, thisHolder } from '../../../generators/_engine/apply/journal.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { recover } from '../../../generators/_engine/apply/recover.ts';
import { sealed } from '../../../generators/_engine/apply/signed-journal.ts';

const host = encodeURIComponent(hostname());
/** Beyond every process number that Linux gives. */
const gone = `4194305-0-1@${host}`;
const elsewhere = '12-0-34@build-7';

let outside = '';
let root = '';
beforeEach(() => {
  outside = realpathSync(mkdtempSync(join(tmpdir(), 's2s-recover-')));
  root = join(outside, 'repo');
  mkdirSync(root);
  writeFileSync(join(root, 'app.ts'), 'new');
});
afterEach(() => {
  rmSync(outside, { recursive: true, force: true });
});

/** A run that was killed after it had written app.ts over. */
function leave(holder: string, target = 'app.ts', id = 'one'): void {
  const entry = {
    target,
    before: Buffer.from('old').toString('base64'),
    after: hashBytes(Buffer.from('new')),
    mode: 0o644,
  };
  const journal = { id, holder, entries: [entry], folders: [], emptied: [] };
  writeFileSync(join(root, '.s2s.journal'), sealed(root, journal));
}

function text(): string {
  return readFileSync(join(root, 'app.ts'), 'utf8');
}

function refusalOf(code: string, message: RegExp): object {
  return { obstacles: [{ code, message: expect.stringMatching(message) as unknown }] };
}

/** What `toThrow` does not look into. */
function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown');
}

describe('the holder of a lock', () => {
  it('is this process, one that is gone, or one that nobody here can ask', () => {
    expect(stateOfHolder(thisHolder())).toBe('running');
    expect(stateOfHolder(gone)).toBe('gone');
    expect(stateOfHolder(elsewhere)).toBe('unknown');
    expect(stateOfHolder('nonsense')).toBe('unknown');
  });

  it('is gone when another process has its number by now', () => {
    const [number = '', start = ''] = /^(\d+)-\d+-(\d*)/.exec(thisHolder())?.slice(1) ?? [];
    expect(stateOfHolder(`${number}-0-${start}@${host}`)).toBe('running');
    expect(stateOfHolder(`${number}-0-${String(Number(start) + 1)}@${host}`)).toBe('gone');
  });
});

describe('recover', () => {
  it('puts back what a run has left that is gone, and only then', () => {
    leave(`${String(process.ppid)}-0-@${host}`);
    expect(thrownBy(() => recover(root))).toMatchObject(refusalOf('E_LOCKED', /process \d+ on/));
    expect(text()).toBe('new');
    leave(gone);
    expect(recover(root)).toBe(true);
    expect(text()).toBe('old');
    expect(recover(root)).toBe(false);
    expect(readdirSync(root)).toEqual(['app.ts']);
  });

  it('leaves what another machine may be doing, unless it is told', () => {
    leave(elsewhere);
    expect(thrownBy(() => recover(root))).toMatchObject(refusalOf('E_LOCKED', /process 12 on build-7/));
    expect(text()).toBe('new');
    expect(recover(root, { force: true })).toBe(true);
    expect(text()).toBe('old');
  });

  it('does not write over what somebody has changed since, unless it is told', () => {
    leave(gone);
    writeFileSync(join(root, 'app.ts'), 'mine');
    expect(thrownBy(() => recover(root))).toMatchObject(refusalOf('E_FILE_CHANGED', /app\.ts was edited/));
    expect(text()).toBe('mine');
    expect(readdirSync(root)).toEqual(['.s2s.journal', 'app.ts']);
    expect(recover(root, { force: true })).toBe(true);
    expect(text()).toBe('old');
  });

  it.each([
    ['outside of the root', '../evil'],
    ['below an absolute path', '/tmp/evil'],
    ['among the files of git', '.git/hooks/pre-commit'],
    ['among installed packages', 'node_modules/x/index.js'],
    ['with a backslash', '..\\evil'],
  ])('takes no journal that would write %s', (_what, target) => {
    leave(gone, target);
    expect(thrownBy(() => recover(root, { force: true }))).toMatchObject({
      obstacles: [{ code: 'E_RECORD', at: { path: '.s2s.journal' } }],
    });
    expect(readdirSync(outside)).toEqual(['repo']);
  });

  it('takes no journal that would write behind a link', () => {
    symlinkSync(outside, join(root, 'out'));
    leave(gone, 'out/evil');
    expect(thrownBy(() => recover(root, { force: true }))).toMatchObject(
      refusalOf('E_PATH', /in its path: out/),
    );
    expect(existsSync(join(outside, 'evil'))).toBe(false);
  });

  const shapeless = { id: '../x', holder: '', entries: [], folders: [], emptied: [] };
  it.each([{}, shapeless, { ...shapeless, id: 'x', folders: ['.git'] }])(
    'takes no journal like %j, though it is signed',
    (content) => {
      writeFileSync(join(root, '.s2s.journal'), sealed(root, content));
      expect(thrownBy(() => recover(root))).toMatchObject(refusalOf('E_RECORD', /was not used/));
    },
  );

  it('does not read through a link in the place of the journal', () => {
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(join(outside, 'secret'), join(root, '.s2s.journal'));
    expect(thrownBy(() => recover(root))).toMatchObject(refusalOf('E_RECORD', /not a regular file/));
  });

  it('lets one of two roll back, and takes over from one that was killed at it', () => {
    leave(gone);
    const claim = join(root, '.s2s.journal.claim-one');
    writeFileSync(claim, sealed(root, { id: 'two', holder: `${String(process.ppid)}-0-@${host}` }));
    expect(thrownBy(() => recover(root))).toMatchObject(refusalOf('E_LOCKED', /process \d+ on/));
    expect(text()).toBe('new');
    writeFileSync(claim, sealed(root, { id: 'two', holder: gone }));
    expect(recover(root)).toBe(true);
    expect(text()).toBe('old');
    expect(readdirSync(root)).toEqual(['app.ts']);
  });

  it('leaves the run alone that began when somebody else had rolled back', () => {
    leave(gone);
    const busy = `${String(process.ppid)}-0-@${host}`;
    const link: FileOperations['link'] = (...args) => {
      nodeFiles.link(...args);
      leave(busy, 'app.ts', 'later');
    };
    const files = { ...nodeFiles, link };
    expect(thrownBy(() => recover(root, { files }))).toMatchObject(refusalOf('E_LOCKED', /process/));
    expect(text()).toBe('new');
    expect(readdirSync(root)).toEqual(['.s2s.journal', 'app.ts']);
  });

  it('takes away what a run left that was killed before it had the lock, and no more', () => {
    const kept = [`.s2s.journal.${elsewhere}`, '.s2s.journal.notes', 'app.ts'];
    for (const name of [...kept, `.s2s.journal.${gone}`]) writeFileSync(join(root, name), 'new');
    expect(recover(root)).toBe(false);
    expect(readdirSync(root).sort()).toEqual([...kept].sort());
  });
});

describe('apply', () => {
  const plan: Plan = {
    ok: true,
    notes: [],
    edits: [{ kind: 'create', path: toRel('b.ts'), role: 'unit-test', text: 'b' }],
  };

  it('recovers first', async () => {
    leave(gone);
    await apply(plan, root);
    expect(text()).toBe('old');
    expect(readdirSync(root)).toEqual(['app.ts', 'b.ts']);
  });

  it('is not taken for a run that was killed by another one of the same process', async () => {
    const verify = (): Promise<void> => {
      expect(thrownBy(() => recover(root))).toMatchObject(refusalOf('E_LOCKED', /process/));
      return Promise.resolve();
    };
    await apply(plan, root, { verify });
    expect(readdirSync(root)).toEqual(['app.ts', 'b.ts']);
  });

  it('does not roll back over what somebody writes while it checks', async () => {
    const verify = (): Promise<void> => {
      writeFileSync(join(root, 'b.ts'), 'mine');
      return Promise.reject(new Error('types got worse'));
    };
    await expect(apply(plan, root, { verify })).rejects.toMatchObject(
      refusalOf('E_FILE_CHANGED', /b\.ts was edited/),
    );
    expect(readFileSync(join(root, 'b.ts'), 'utf8')).toBe('mine');
  });
});
