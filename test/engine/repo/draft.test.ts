import { describe, expect, it } from 'vitest';

import { toRel } from '../../../generators/_engine/model/paths.ts';
import { openDraft, Overlay, overlay } from '../../../generators/_engine/repo/draft.ts';
import { proveEdits } from '../../../generators/_engine/plan/finalize.ts';
import { memoryRepo } from './memory-repo.ts';
import { RefusalError } from '../../../generators/_engine/model/obstacle.ts';
import { obstaclesFrom } from '../refused.ts';

const a = toRel('src/a.ts');

describe('openDraft', () => {
  it('lets each call see what the calls before it did, and keeps one edit a file', () => {
    const draft = openDraft(memoryRepo({ [a]: 'one\n' }));
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

  it('hands over the ranges that were declared, and proves what is written against them', async () => {
    const code = toRel('src/app.ts');
    const base = 'a();\nb();\n';
    const draft = openDraft(memoryRepo({ [code]: base }));
    const whole = { start: 0, end: 4, text: 'a(c);' };
    draft.patch(code, 'registration', () => [whole]);
    const inner = openDraft(draft.repo);
    inner.patch(code, 'registration', (text) => [{ start: text.length, end: text.length, text: 'd();\n' }]);
    await draft.include(inner.finish());
    const [edit] = draft.finish().edits;
    if (edit?.kind !== 'patch') throw new Error('no patch');
    expect(edit.changes).toEqual([whole, { start: base.length, end: base.length, text: 'd();\n' }]);
    expect(proveEdits([edit])).toEqual([]);
    const obstacleOf = (formatted: string) => proveEdits([{ ...edit, formatted }])[0]?.code;
    expect(obstacleOf('a(\n  c,\n);\nb();\nd();\n')).toBe(undefined);
    expect(obstacleOf('a(c);\nb( );\nd();\n')).toBe('E_PROOF');
  });

  it('plans nothing for a file whose patches take each other back', () => {
    const draft = openDraft(memoryRepo({ [a]: 'one\n' }));
    draft.patch(a, 'registration', () => [{ start: 0, end: 0, text: 'x' }]);
    draft.patch(a, 'registration', () => [{ start: 0, end: 1, text: '' }]);
    expect(draft.finish()).toMatchObject({ ok: true, edits: [] });
    expect(draft.repo.read(a)).toBe('one\n');
  });

  it('plans nothing for a file that has the text already', () => {
    const draft = openDraft(memoryRepo({ [a]: 'same' }));
    draft.create(a, 'service-client', 'same');
    expect(draft.finish()).toMatchObject({ ok: true, edits: [], notes: [] });
  });

  it('collects every obstacle, with its place', async () => {
    const draft = openDraft(memoryRepo({ [a]: '' }));
    draft.patch(a, 'registration', () => {
      throw new RefusalError({ code: 'E_NO_REGISTRATION_PLACE', message: 'm', remedy: 'r' });
    });
    draft.patch(toRel('missing.ts'), 'registration', () => []);
    const refused = new RefusalError({ code: 'E_IN_USE', message: 'm', remedy: 'r' });
    await draft.include(Promise.reject(refused));
    expect(obstaclesFrom(() => draft.finish())).toMatchObject([
      { code: 'E_NO_REGISTRATION_PLACE', at: { path: a } },
      { code: 'E_FILE_CHANGED', at: { path: 'missing.ts' } },
      { code: 'E_IN_USE' },
    ]);
  });

  it('takes in a plan that was made on its own repo', async () => {
    const draft = openDraft(memoryRepo({ [a]: 'one\n' }));
    draft.create(toRel('b.ts'), 'service-client', 'b');
    const inner = openDraft(draft.repo);
    expect(inner.repo.read(toRel('b.ts'))).toBe('b');
    inner.create(toRel('c.ts'), 'auth-middleware', 'c');
    inner.note('Note.');
    await draft.include(inner.finish());
    expect(draft.finish()).toMatchObject({ edits: [{ path: 'b.ts' }, { path: 'c.ts' }], notes: ['Note.'] });
  });
});

describe('overlay', () => {
  it('lists and reads what was planned', () => {
    const repo = overlay(memoryRepo({ 'src/a.ts': '' }), [
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

  it('gives a folder the state before the plans that are about others', () => {
    const disk = memoryRepo({ 'a/x.ts': 'x', 'b/y.ts': 'y' });
    const [a, b] = [toRel('a'), toRel('b')];
    const first = overlay(disk, [{ kind: 'create', path: toRel('a/new.ts'), role: 'env', text: '' }]);
    const second = overlay(first, [{ kind: 'delete', path: toRel('b/y.ts'), role: 'env', base: 'y' }]);
    expect(second.since(a)).toBe(first);
    expect(second.since(b)).toBe(second);
    expect(first.since(b)).toBe(disk);
    const above = overlay(second, [{ kind: 'create', path: toRel('.s2s.json'), role: 'record', text: '{}' }]);
    expect(above.since(a)).toBe(above);
    expect(second.since(toRel(''))).toBe(second);
    expect(above.origin).toBe(disk);
  });

  it('leaves a state that was handed out as it is', () => {
    const laid = new Overlay(memoryRepo({ 'a/x.ts': 'old' }));
    laid.lay(toRel('a/x.ts'), 'new');
    const before = laid.state;
    laid.lay(toRel('a/x.ts'), undefined);
    laid.lay(toRel('a/z.ts'), 'z');
    expect([before.read(toRel('a/x.ts')), laid.state.read(toRel('a/x.ts'))]).toEqual(['new', undefined]);
    expect(before.list(toRel('a')).map(({ name }) => name)).toEqual(['x.ts']);
    expect(laid.state.list(toRel('a')).map(({ name }) => name)).toEqual(['z.ts']);
  });
});
