import { describe, expect, it } from 'vitest';

import type { Questions } from '../../../generators/_engine/model/generator.ts';
import { parseFlags } from '../../../generators/_engine/generator/options.ts';
import { obstaclesFrom } from '../refused.ts';

const questions: Questions = {
  protect: { type: 'list', message: 'what to protect' },
  transport: { type: 'string', message: 'how to call', placeholder: '<name>' },
};

describe('parseFlags', () => {
  it.each([
    [['--target', 'user', '--transport', 'fetch']],
    [['--transport=fetch', '--target=user']],
    [['--', '--transport', 'fetch', '--target', 'user']],
    [['--target', 'user', '--', '--transport=fetch']],
  ])('reads %j alike', (argv) => {
    expect(parseFlags(questions, argv)).toEqual({ target: ['user'], transport: 'fetch' });
  });

  it('joins lists that are repeated or separated by commas', () => {
    expect(parseFlags(questions, ['--protect', 'a, b', '--protect', 'c'])).toEqual({
      protect: ['a', 'b', 'c'],
    });
  });

  it('negates booleans', () => {
    expect(parseFlags(questions, ['--no-format', '--yes'])).toEqual({ format: false, yes: true });
  });

  it('lists every obstacle at once, with the nearest flag', () => {
    const argv = ['--tarjet', 'user', '--transport', '--yes=1', 'stray'];
    expect(obstaclesFrom(() => parseFlags(questions, argv))).toMatchObject([
      { code: 'E_UNKNOWN_FLAG', remedy: 'Did you mean --target?' },
      { code: 'E_INVALID_FLAG', message: '--transport needs a value <name>.' },
      { code: 'E_USAGE' },
    ]);
  });

  it('refuses a value for a boolean', () => {
    expect(obstaclesFrom(() => parseFlags(questions, ['--yes=1']))).toMatchObject([
      { code: 'E_INVALID_FLAG' },
    ]);
  });

  it('does not take the next flag for a value', () => {
    expect(obstaclesFrom(() => parseFlags(questions, ['--transport', '--yes']))).toMatchObject([
      { code: 'E_INVALID_FLAG', message: '--transport needs a value <name>.' },
    ]);
  });
});
