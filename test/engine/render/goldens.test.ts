import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { goldenTemplates, readGolden, renderGolden, variantsFile } from '../../helpers/goldens.ts';

/** `npm run test:update` writes them anew. */
describe('the golden of a template', () => {
  it.each(goldenTemplates())('%s is what the template says', (template) => {
    const golden = readGolden(template);
    const files = golden === undefined ? new Map<string, string>() : renderGolden(template, golden);
    for (const [file, text] of files) expect(readFileSync(file, 'utf8'), file).toBe(text);
    expect(existsSync(variantsFile(template))).toBe(files.has(variantsFile(template)));
  });
});
