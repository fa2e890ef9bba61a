import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

import { goldenTemplates, readGolden, renderGolden, variantsFile } from '../../helpers/goldens.ts';
import { projectRoot } from '../../helpers/project-root.ts';

/** `npm run test:update` writes them anew. */
describe('the golden of a template', () => {
  it.each(goldenTemplates())('%s is what the template says', (template) => {
    const golden = readGolden(template);
    const files = golden === undefined ? new Map<string, string>() : renderGolden(template, golden);
    for (const [file, text] of files) expect(readFileSync(file, 'utf8'), file).toBe(text);
    expect(existsSync(variantsFile(template))).toBe(files.has(variantsFile(template)));
  });
});

it('passes the recommended rules of Biome, also those about tests', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 's2s-biome-'));
  try {
    // `x['y']` is what noPropertyAccessFromIndexSignature asks for; `void x` is what neostandard forbids.
    const complexity = { useLiteralKeys: 'off', noVoid: 'error' };
    const correctness = { noUnusedImports: 'error', noUnusedVariables: 'error' };
    const linter = { enabled: true, rules: { recommended: true, complexity, correctness } };
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ linter }));
    const args = ['lint', `--config-path=${folder}`, '--max-diagnostics=50', 'test/goldens'];
    const { failed, all } = await execa('biome', args, {
      cwd: projectRoot,
      preferLocal: true,
      reject: false,
      all: true,
    });
    expect(failed, all).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
