import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { apply } from '../../../generators/_engine/apply/apply.ts';
import type { Plan } from '../../../generators/_engine/model/plan.ts';
import { type FileOperations, nodeFiles } from '../../../generators/_engine/apply/file-operations.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { recover } from '../../../generators/_engine/apply/recover.ts';

let root = '';

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 's2s-apply-')));
  writeFileSync(join(root, 'kept.ts'), '\u{FEFF}const a = 1;\r\n');
  writeFileSync(join(root, 'gone.ts'), 'gone');
  chmodSync(join(root, 'kept.ts'), 0o755);
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const plan: Plan = {
  ok: true,
  notes: [],
  edits: [
    { kind: 'create', path: toRel('src/deep/new.ts'), role: 'service-client', text: 'new\n' },
    {
      kind: 'patch',
      path: toRel('kept.ts'),
      role: 'registration',
      base: 'const a = 1;\r\n',
      changes: [{ start: 0, end: 0, text: 'import x;\r\n' }],
    },
    { kind: 'delete', path: toRel('gone.ts'), role: 'unit-test', base: 'gone' },
  ],
};

function tree(): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length + 1), readFileSync(path, 'latin1')];
    }),
  );
}

/** Counts the operations of an apply and fails the one with that number. */
function failingAt(failAt: number): { files: FileOperations; count: () => number } {
  let count = 0;
  const steps = Object.entries(nodeFiles).map(([name, operation]) => {
    const step = (...args: readonly unknown[]): unknown => {
      count += 1;
      if (count === failAt) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return (operation as (...given: readonly unknown[]) => unknown)(...args);
    };
    return [name, step];
  });
  return { files: Object.fromEntries(steps) as FileOperations, count: () => count };
}

describe('apply', () => {
  it('writes every edit and keeps BOM, EOL and mode', async () => {
    await apply(plan, root);
    expect(readFileSync(join(root, 'kept.ts'), 'utf8')).toBe('\u{FEFF}import x;\r\nconst a = 1;\r\n');
    expect(statSync(join(root, 'kept.ts')).mode & 0o777).toBe(0o755);
    expect(Object.keys(tree()).sort()).toEqual(['kept.ts', 'src/deep/new.ts']);
  });

  it('leaves the tree as it was, or the change done, whichever operation fails', async () => {
    const before = tree();
    const total = await countOperations();
    expect(total).toBeGreaterThan(30);
    for (let failAt = 1; failAt <= total - 3; failAt += 1) {
      await expect(apply(plan, root, { files: failingAt(failAt).files })).rejects.toMatchObject({
        obstacles: [{ code: 'E_WRITE' }],
      });
      expect(tree(), `after a failure at operation ${String(failAt)}`).toEqual(before);
    }
    // The last three sync the folder after the journal is gone: the change is final by then.
    await apply(plan, root, { files: failingAt(total - 1).files });
    expect(Object.keys(tree()).sort()).toEqual(['kept.ts', 'src/deep/new.ts']);
  });

  it.each(['applied', 'rolled back'])(
    'has every name on the disk before the journal goes: %s',
    async (end) => {
      const [unsynced, opened] = [new Set<string>(), new Map<number, string>()];
      const atTheEnd: string[][] = [];
      const files: FileOperations = {
        ...nodeFiles,
        open: (path, flags) => {
          const file = nodeFiles.open(path, flags);
          opened.set(file, path);
          return file;
        },
        sync: (file) => {
          nodeFiles.sync(file);
          unsynced.delete(opened.get(file) ?? '');
        },
        rename: (from, to) => {
          nodeFiles.rename(from, to);
          unsynced.add(dirname(to));
        },
        remove: (path) => {
          if (path === join(root, '.s2s.journal')) atTheEnd.push([...unsynced]);
          else if (existsSync(path)) unsynced.add(dirname(path));
          nodeFiles.remove(path);
        },
        makeFolder: (path) => {
          nodeFiles.makeFolder(path);
          unsynced.add(dirname(path));
        },
        removeFolder: (path) => {
          nodeFiles.removeFolder(path);
          unsynced.add(dirname(path)).delete(path);
        },
      };
      const verify = (): Promise<void> =>
        end === 'applied' ? Promise.resolve() : Promise.reject(new Error('types got worse'));
      await apply(plan, root, { files, verify }).catch(() => undefined);
      expect(atTheEnd).toEqual([[]]);
    },
  );

  it('rolls back when what runs inside fails', async () => {
    const before = tree();
    const verify = (): Promise<void> => Promise.reject(new Error('types got worse'));
    await expect(apply(plan, root, { verify })).rejects.toMatchObject({
      obstacles: [
        {
          code: 'E_WRITE',
          message: expect.stringContaining('nothing was changed: types got worse') as string,
          remedy: expect.stringContaining('run the command again') as string,
        },
      ],
    });
    expect(tree()).toEqual(before);
  });

  it('refuses when a file is not as the plan found it', async () => {
    writeFileSync(join(root, 'gone.ts'), 'changed');
    const before = tree();
    await expect(apply(plan, root)).rejects.toMatchObject({
      obstacles: [
        {
          code: 'E_FILE_CHANGED',
          at: { path: 'gone.ts' },
          message: 'gone.ts changed between the plan and the write.',
          remedy: expect.stringContaining('Run the command again') as string,
        },
      ],
    });
    expect(tree()).toEqual(before);
  });

  it('refuses when another run has written just before it got the lock', async () => {
    const link: FileOperations['link'] = (...args) => {
      writeFileSync(join(root, 'kept.ts'), 'of the other run');
      nodeFiles.link(...args);
    };
    await expect(apply(plan, root, { files: { ...nodeFiles, link } })).rejects.toMatchObject({
      obstacles: [{ code: 'E_FILE_CHANGED', at: { path: 'kept.ts' } }],
    });
    expect(tree()).toEqual({ 'gone.ts': 'gone', 'kept.ts': 'of the other run' });
  });

  it('refuses to follow a link out of the root', async () => {
    const outside = mkdtempSync(join(tmpdir(), 's2s-outside-'));
    symlinkSync(outside, join(root, 'src'));
    await expect(apply(plan, root)).rejects.toMatchObject({ obstacles: [{ code: 'E_PATH' }] });
    expect(readdirSync(outside)).toEqual([]);
    rmSync(outside, { recursive: true });
  });

  it('excludes a second run while the journal is open', async () => {
    const verify = async (): Promise<void> => {
      await expect(
        apply({ ...plan, edits: [{ kind: 'create', path: toRel('b.ts'), role: 'env', text: '' }] }, root),
      ).rejects.toMatchObject({ obstacles: [{ code: 'E_LOCKED' }] });
    };
    await apply(plan, root, { verify });
    expect(recover(root)).toBe(false);
  });
});

async function countOperations(): Promise<number> {
  const { files, count } = failingAt(0);
  const copy = mkdtempSync(join(tmpdir(), 's2s-count-'));
  for (const name of ['kept.ts', 'gone.ts']) writeFileSync(join(copy, name), readFileSync(join(root, name)));
  await apply(plan, copy, { files });
  rmSync(copy, { recursive: true });
  return count();
}
