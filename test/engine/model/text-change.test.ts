import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  applyChanges,
  changesBetween,
  composeChanges,
} from '../../../generators/_engine/model/text-change.ts';

describe('applyChanges', () => {
  it('applies changes in any order', () => {
    const changes = [
      { start: 4, end: 5, text: 'E' },
      { start: 0, end: 0, text: '>' },
      { start: 1, end: 3, text: '' },
    ];
    expect(applyChanges('abcde', changes)).toBe('>adE');
  });

  it('keeps the order of inserts at one offset', () => {
    const at = (text: string) => ({ start: 1, end: 1, text });
    expect(applyChanges('ab', [at('1'), at('2'), at('3')])).toBe('a123b');
  });

  it.each([
    [
      [
        { start: 0, end: 2, text: '' },
        { start: 1, end: 3, text: '' },
      ],
    ],
    [
      [
        { start: 0, end: 2, text: '' },
        { start: 1, end: 1, text: 'x' },
      ],
    ],
    [[{ start: 2, end: 1, text: '' }]],
    [[{ start: 0, end: 9, text: '' }]],
    [[{ start: -1, end: 0, text: '' }]],
  ])('refuses what overlaps or leaves the text: %j', (changes) => {
    expect(() => applyChanges('abc', changes)).toThrow(/overlaps/);
  });
});

describe('composeChanges', () => {
  it('keeps the ranges of both, also where one is about what the other put in', () => {
    const first = [
      { start: 1, end: 3, text: 'BCD' },
      { start: 4, end: 4, text: '+' },
    ];
    const second = [
      { start: 0, end: 0, text: '>' },
      { start: 2, end: 3, text: 'x' },
    ];
    expect(composeChanges('abcde', first, second)).toEqual([
      { start: 0, end: 0, text: '>' },
      { start: 1, end: 3, text: 'BxD' },
      { start: 4, end: 4, text: '+' },
    ]);
  });

  it('declares what it was given, though the text is the same there', () => {
    const whole = [{ start: 0, end: 2, text: 'ab' }];
    expect(composeChanges('ab', [], whole)).toEqual(whole);
  });

  it('leads where the two lead, one after the other', () => {
    const changes = (length: number) =>
      fc
        .array(fc.tuple(fc.nat(length), fc.nat(3), fc.string({ maxLength: 3 })), { maxLength: 4 })
        .map((list) => {
          let position = 0;
          return [...list]
            .sort((a, b) => a[0] - b[0])
            .map(([at, size, text]) => {
              const start = Math.max(at, position);
              position = Math.min(start + size, length);
              return { start: Math.min(start, length), end: position, text };
            });
        });
    const steps = fc.string({ minLength: 1, maxLength: 12 }).chain((base) =>
      changes(base.length).chain((first) => {
        const middle = applyChanges(base, first);
        return changes(middle.length).map((second) => ({ base, first, second }));
      }),
    );
    fc.assert(
      fc.property(steps, ({ base, first, second }) => {
        const next = applyChanges(applyChanges(base, first), second);
        expect(applyChanges(base, composeChanges(base, first, second))).toBe(next);
      }),
    );
  });
});

describe('changesBetween', () => {
  it('sees an added line as an insertion', () => {
    expect(changesBetween('a\nb\n', 'a\nx\nb\n')).toEqual([{ start: 2, end: 2, text: 'x\n' }]);
  });

  it('sees a line that grew as an insertion', () => {
    const base = "import { a } from 'x';\n";
    expect(changesBetween(base, "import { a, b } from 'x';\n")).toEqual([
      { start: 10, end: 10, text: ', b' },
    ]);
  });

  it('leaves line endings alone', () => {
    expect(changesBetween('a\r\nb\r\n', 'a\r\nx\r\nb\r\n')).toEqual([{ start: 3, end: 3, text: 'x\r\n' }]);
    expect(changesBetween('a\r\n', 'a\n')).toEqual([{ start: 1, end: 3, text: '\n' }]);
  });

  it('does not take a surrogate pair apart', () => {
    expect(changesBetween('\u{1F600}', '\u{1F601}')).toEqual([{ start: 0, end: 2, text: '\u{1F601}' }]);
  });

  it('leads from any text to any other', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', '\n', '\r\n', '\r', '\u{1F600}', '\u{1F601}', '  '))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (base, next) => {
        expect(applyChanges(base, changesBetween(base, next))).toBe(next);
      }),
    );
  });
});
