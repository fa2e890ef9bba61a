import { describe, expect, it } from 'vitest';

import type { Edit } from '../../../generators/_engine/model/edit.ts';
import type { Repo } from '../../../generators/_engine/model/repo.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { editTowards } from '../../../generators/_engine/repo/draft.ts';
import { recordEdit, recordPath } from '../../../generators/_engine/record/record.ts';
import { textAfter } from '../../../generators/_engine/repo/repo.ts';
import { settleExisting } from '../../../generators/_engine/plan/settle.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

const path = toRel('src/breaker.ts');

function repoOf(files: Record<string, string | undefined>): Repo {
  const texts = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return memoryRepo(Object.fromEntries(texts));
}

/** The record after `text` was generated into an empty repo. */
function recordOf(text: string): string {
  const edit: Edit = { kind: 'create', path, role: 'circuit-breaker', text };
  const by = { generator: 'add-circuit-breaker', version: '1.0.0', services: [toRel('')], answers: {} };
  const record = recordEdit(repoOf({}), [edit], by);
  return record === undefined ? '' : (textAfter(record) ?? '');
}

function settle(onDisk: string, recorded: string | undefined, wanted: string, force = false): unknown {
  const repo = repoOf({ [path]: onDisk, [recordPath]: recorded });
  const edit = editTowards(repo, path, 'circuit-breaker', wanted);
  const { edits, obstacles } = settleExisting(repo, edit === undefined ? [] : [edit], { force });
  return obstacles[0]?.code ?? (edits.length === 0 ? 'left' : 'written');
}

describe('settleExisting', () => {
  it.each([
    ['unedited, nothing new', 'v1\n', recordOf('v1\n'), 'v1\n', 'left'],
    ['unedited, a newer template', 'v1\n', recordOf('v1\n'), 'v2\n', 'written'],
    ['unedited, in another style', "f('a');\n", recordOf("f('a');\n"), 'f(\n  "a",\n)\n', 'left'],
    ['edited, nothing new', 'mine\n', recordOf('v1\n'), 'v1\n', 'left'],
    ['edited, a newer template', 'mine\n', recordOf('v1\n'), 'v2\n', 'E_FILE_EDITED'],
    ['not ours', 'theirs\n', undefined, 'v1\n', 'E_FILE_EXISTS'],
  ])('%s', (_name, onDisk, recorded, wanted, verdict) => {
    expect(settle(onDisk, recorded, wanted)).toBe(verdict);
  });

  it('writes over what was edited only with force', () => {
    expect(settle('mine\n', recordOf('v1\n'), 'v2\n', true)).toBe('written');
    expect(settle('theirs\n', undefined, 'v1\n', true)).toBe('written');
  });

  it('never judges files of the user by the record', () => {
    const repo = repoOf({ [path]: 'a\n' });
    const edit = editTowards(repo, path, 'registration', 'a\nb\n');
    expect(settleExisting(repo, edit === undefined ? [] : [edit]).edits).toHaveLength(1);
  });
});

describe('recordEdit', () => {
  it('writes down what a patch took out and put in, after what was there before', () => {
    const by = { generator: 'g', version: '1.0.0', services: [toRel('svc')], answers: { with: ['window'] } };
    const first = recordEdit(
      repoOf({ [path]: 'a\n' }),
      [
        {
          kind: 'patch',
          path,
          role: 'registration',
          base: 'a\n',
          changes: [{ start: 0, end: 1, text: 'b' }],
        },
      ],
      by,
    );
    const text = first === undefined ? '' : (textAfter(first) ?? '');
    const record = JSON.parse(text) as { files: Record<string, { patches: unknown[] }>; services: unknown };
    expect(record.services).toEqual({ svc: { g: { version: '1.0.0', answers: { with: ['window'] } } } });
    expect(record.files[path]?.patches).toMatchObject([
      { hunks: [{ oldStart: 1, newStart: 1, lines: ['-a', '+b'] }] },
    ]);
    const second = recordEdit(
      repoOf({ [path]: 'b\n', [recordPath]: text }),
      [
        {
          kind: 'patch',
          path,
          role: 'registration',
          base: 'b\n',
          changes: [{ start: 0, end: 0, text: 'c' }],
        },
      ],
      by,
    );
    const again = JSON.parse(second === undefined ? '' : (textAfter(second) ?? '')) as typeof record;
    expect(again.files[path]?.patches).toHaveLength(2);
  });
});
