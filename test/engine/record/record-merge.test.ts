import { describe, expect, it } from 'vitest';

import type { RecordedFile, S2sRecord } from '../../../generators/_engine/record/s2s-record.ts';
import { mergeRecords } from '../../../generators/_engine/record/record.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { sidesOf } from '../../../generators/_engine/repo/record-text.ts';

const home = toRel('user');

function patched(...generators: readonly string[]): RecordedFile {
  const patches = generators.map((generator) => {
    return {
      generator,
      role: 'registration',
      home,
      insertions: [{ text: generator }],
      usedBefore: [],
    } as const;
  });
  return { kind: 'patched', role: 'registration', patches };
}

function whole(hash: string): RecordedFile {
  const head = { kind: 'generated', role: 'circuit-breaker', home, generator: 'g' } as const;
  return { ...head, version: '1', also: [], hash };
}

function record(files: S2sRecord['files'], ...generators: readonly string[]): S2sRecord {
  const runs = Object.fromEntries(generators.map((id) => [id, { version: '1', answers: {} }]));
  return { services: { user: runs }, files };
}

describe('the two sides of a merge', () => {
  it('are what each branch had, also with the text before both', () => {
    const text = 'a\n<<<<<<< HEAD\nb\n||||||| base\nz\n=======\nc\n>>>>>>> other\nd\n';
    expect(sidesOf(text)).toEqual(['a\nb\nd\n', 'a\nc\nd\n']);
    expect(sidesOf(text.replaceAll('\n', '\r\n'))).toEqual(['a\r\nb\r\nd\r\n', 'a\r\nc\r\nd\r\n']);
  });

  it.each(['<<<<<<< a\nb\n', '<<<<<<< a\n<<<<<<< b\n=======\n>>>>>>> c\n', '>>>>>>> a\n', '=======\n'])(
    'are unknown for %j',
    (text) => {
      expect(sidesOf(text)).toBeUndefined();
    },
  );
});

describe('mergeRecords', () => {
  const nowhere = (): boolean => false;

  it('has what either branch has generated', () => {
    const ours = record({ a: whole('1') }, 'one');
    const theirs = record({ b: whole('2') }, 'two');
    expect(mergeRecords(ours, theirs, nowhere)).toEqual(
      record({ a: whole('1'), b: whole('2') }, 'one', 'two'),
    );
  });

  it('has the patches of both, and none twice', () => {
    const merged = mergeRecords(record({ a: patched('x', 'y') }), record({ a: patched('x', 'z') }), nowhere);
    expect(merged.files).toEqual({ a: patched('x', 'y', 'z') });
  });

  it('takes the text of a file that is on the disk, else ours', () => {
    const merge = (onDisk: string): unknown =>
      mergeRecords(record({ a: whole('1') }), record({ a: whole('2') }), (_path, hash) => hash === onDisk)
        .files['a'];
    expect([merge('1'), merge('2'), merge('3')]).toEqual([whole('1'), whole('2'), whole('1')]);
  });
});
