import { describe, expect, it } from 'vitest';

import type { Entry, RelPath, Repo } from '../../generators/_engine/contract.ts';
import { toRel } from '../../generators/_engine/paths.ts';
import { openDraft } from '../../generators/_engine/plan.ts';
import { overlay } from '../../generators/_engine/repo.ts';

const a = toRel('src/a.ts');

function repoOf(files: Readonly<Record<string, string>>): Repo {
  return {
    root: '/repo',
    read: (path: RelPath) => files[path],
    list: (path): readonly Entry[] => (path === '' ? [{ name: 'src', kind: 'directory' }] : []),
  };
}

describe('openDraft', () => {
  it('lets each call see what the calls before it did, and keeps one edit a file', () => {
    const draft = openDraft(repoOf({ [a]: 'one\n' }));
    draft.patch(a, 'registration', (base) => [{ start: base.length, end: base.length, text: 'two\n' }]);
    draft.patch(a, 'registration', (base) => {
      expect(base).toBe('one\ntwo\n');
      return [{ start: 0, end: 0, text: 'zero\n' }];
    });
    const plan = draft.finish();
    expect(plan).toMatchObject({
      ok: true,
      notes: [],
      edits: [
        {
          kind: 'patch',
          path: a,
          role: 'registration',
          base: 'one\n',
          changes: [
            { start: 0, end: 0, text: 'zero\n' },
            { start: 4, end: 4, text: 'two\n' },
          ],
        },
      ],
    });
  });

  it('plans nothing for a file that has the text already', () => {
    const draft = openDraft(repoOf({ [a]: 'same' }));
    draft.create(a, 'service-client', 'same');
    expect(draft.finish()).toMatchObject({ ok: true, edits: [], notes: [] });
  });

  it('collects every obstacle, with its place', () => {
    const draft = openDraft(repoOf({ [a]: '' }));
    draft.patch(a, 'registration', () => ({ code: 'E_NO_REGISTRATION_PLACE', message: 'm', remedy: 'r' }));
    draft.patch(toRel('missing.ts'), 'registration', () => []);
    expect(draft.finish()).toMatchObject({
      ok: false,
      obstacles: [
        { code: 'E_NO_REGISTRATION_PLACE', at: { path: a } },
        { code: 'E_FILE_CHANGED', at: { path: 'missing.ts' } },
      ],
    });
  });

  it('takes in a plan that was made on its own repo', () => {
    const draft = openDraft(repoOf({ [a]: 'one\n' }));
    draft.create(toRel('b.ts'), 'service-client', 'b');
    const inner = openDraft(draft.repo);
    expect(inner.repo.read(toRel('b.ts'))).toBe('b');
    inner.create(toRel('c.ts'), 'auth-middleware', 'c');
    inner.note('Note.');
    draft.include(inner.finish());
    expect(draft.finish()).toMatchObject({ edits: [{ path: 'b.ts' }, { path: 'c.ts' }], notes: ['Note.'] });
  });
});

describe('overlay', () => {
  it('lists and reads what was planned', () => {
    const repo = overlay(repoOf({}), [
      { kind: 'create', path: toRel('new/deep/x.ts'), role: 'env', text: 'x' },
    ]);
    expect(repo.list(toRel(''))).toEqual([
      { name: 'new', kind: 'directory' },
      { name: 'src', kind: 'directory' },
    ]);
    expect(repo.list(toRel('new'))).toEqual([{ name: 'deep', kind: 'directory' }]);
    expect(repo.list(toRel('new/deep'))).toEqual([{ name: 'x.ts', kind: 'file' }]);
    expect(repo.read(toRel('new/deep/x.ts'))).toBe('x');
  });
});
