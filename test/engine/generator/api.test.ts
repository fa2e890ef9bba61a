import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { findGenerator, listGenerators } from '../../../generators/_engine/generator/registry.ts';
import type { Answers, Questions } from '../../../generators/_engine/model/generator.ts';
import { globalFlags, parseFlags } from '../../../generators/_engine/generator/options.ts';
import { plan } from '../../../plopfile.ts';

const root = new URL('../../../fixtures/npm-workspaces', import.meta.url).pathname;
/** What a program without types may give for each kind of flag. */
const wrong = {
  list: [5, true, null, {}, '', [5], [''], [null], () => 1, Symbol('x'), 1n],
  string: [5, true, null, {}, '', [], ['x'], () => 1, Symbol('x'), 1n],
  boolean: [5, 'true', '', null, {}, [], () => 1, Symbol('x'), 1n],
} as const;

async function questionsOf(id: string): Promise<Questions> {
  return { ...globalFlags, ...(await findGenerator(id))?.questions };
}

describe('plan', () => {
  it('takes what the flags take: a string for a list is a list', async () => {
    const breaker = 'add-circuit-breaker';
    const asked = { with: ['window'], format: false, allowDirty: true };
    const whole = await plan(breaker, { ...asked, target: ['user', 'billing'] }, root);
    expect(whole).toMatchObject({ ok: true });
    expect(await plan(breaker, { ...asked, with: 'window', target: 'user, billing' }, root)).toEqual(whole);
    expect(await plan(breaker, { ...asked, target: ['user', 'billing'], check: undefined }, root)).toEqual(
      whole,
    );
  });

  it.each(listGenerators())('refuses what is of another type for %s, and never throws', async (id) => {
    for (const [key, { type }] of Object.entries(await questionsOf(id))) {
      for (const value of wrong[type]) {
        const refusal = await plan(id, { [key]: value } as unknown as Answers, root);
        expect(refusal, key).toMatchObject({ ok: false, obstacles: [{ code: 'E_INVALID_FLAG' }] });
      }
    }
  });

  it('lists every obstacle at once, with the nearest name', async () => {
    const given = { tarjet: 'user', with: 5, dryRun: 'yes', constructor: 1 } as unknown as Answers;
    expect(await plan('add-circuit-breaker', given, root)).toMatchObject({
      ok: false,
      obstacles: [
        { code: 'E_UNKNOWN_FLAG', remedy: 'Did you mean target?' },
        { code: 'E_UNKNOWN_FLAG', message: 'Unknown answer "constructor".' },
        { code: 'E_INVALID_FLAG', message: '--with is not a list.' },
        { code: 'E_INVALID_FLAG', message: '--dry-run is not a boolean.' },
      ],
    });
  });

  it.each([undefined, null, 5, 'target', [], () => 1])('refuses answers that are %o', async (answers) => {
    const refusal = await plan('add-circuit-breaker', answers as unknown as Answers, root);
    expect(refusal).toMatchObject({ ok: false, obstacles: [{ code: 'E_USAGE' }] });
  });

  it.each([undefined, null, 5, {}, '', '/nowhere/at/all', import.meta.filename])(
    'refuses a root that is %o',
    async (folder) => {
      const refusal = await plan('add-circuit-breaker', { target: 'user' }, folder as string);
      expect(refusal).toMatchObject({ ok: false, obstacles: [{ code: 'E_USAGE' }] });
    },
  );

  it.each([undefined, null, 5, {}, 1n, '', '..', 'add-nothing'])(
    'refuses a generator that is %o',
    async (id) => {
      const refusal = await plan(id as string, {}, root);
      expect(refusal).toMatchObject({ ok: false, obstacles: [{ code: 'E_UNKNOWN_GENERATOR' }] });
    },
  );
});

describe('--answers', () => {
  it('takes what the flags take', async () => {
    const folder = mkdtempSync(join(tmpdir(), 's2s-answers-'));
    const file = join(folder, 'a.json');
    const read = async (text: string): Promise<unknown> => {
      writeFileSync(file, text);
      return parseFlags(await questionsOf('add-circuit-breaker'), ['--answers', file]);
    };
    expect(await read('{ "target": "user, billing", "with": ["window"] }')).toMatchObject({
      target: ['user', 'billing'],
      with: ['window'],
    });
    for (const text of [
      '{ "target": 3 }',
      '{ "target": null }',
      '{ "constructor": 1 }',
      '{ "__proto__": 1 }',
      'null',
    ])
      await expect(read(text), text).rejects.toMatchObject({ obstacles: [{ code: 'E_INVALID_FLAG' }] });
    rmSync(folder, { recursive: true });
  });
});
