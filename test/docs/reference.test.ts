import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv } from 'ajv';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';

import { listGenerators } from '../../generators/_engine/generator/registry.ts';
import { renderDocs } from '../../scripts/docs/render-docs.ts';
import { runBin } from '../helpers/doors.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { codeBlocks } from './markdown.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const copies = ['docs-schema'];

afterAll(() => {
  for (const name of copies) rmSync(join(projectRoot, '.cases', name), { recursive: true, force: true });
});

describe('the reference', () => {
  it('is what `npm run docs` writes now', async () => {
    for (const [path, text] of await renderDocs()) expect(read(path), `${path}: run npm run docs`).toBe(text);
  });

  it('has a section for every generator', () => {
    const reference = read('docs/reference.md');
    for (const id of listGenerators()) expect(reference).toContain(`\n### \`${id}\`\n`);
  });

  it('shows declarations that parse', () => {
    const blocks = codeBlocks(read('docs/reference.md')).filter(({ language }) => language === 'ts');
    expect(blocks.length).toBeGreaterThan(5);
    for (const { text, line } of blocks) {
      const { diagnostics } = ts.transpileModule(text, { reportDiagnostics: true, fileName: 'shown.ts' });
      expect(
        diagnostics?.map(({ messageText }) => messageText),
        `line ${String(line)}`,
      ).toEqual([]);
    }
  });
});

describe('the schema of the JSON document', () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(read('docs/outcome.schema.json')) as object);
  const problemsOf = (stdout: string): unknown => {
    return validate(JSON.parse(stdout)) ? [] : validate.errors;
  };

  it('fits what the bin prints in every outcome', async () => {
    const root = await openRepoCopy('docs-schema', 'npm-workspaces');
    const runs: readonly (readonly [string, readonly string[]])[] = [
      ['planned', ['add-s2s', '--target', 'user', '--protect', 'usersRoutes', '--dry-run']],
      ['refused', ['add-s2s', '--tarjet', 'user']],
      ['refused', ['add-service-client', '--target', 'nobody']],
      ['applied', ['add-circuit-breaker', '--target', 'user']],
      ['unchanged', ['add-circuit-breaker', '--target', 'user']],
    ];
    for (const [status, args] of runs) {
      const { stdout } = await runBin(root, ...args, '--json');
      expect(JSON.parse(stdout)).toMatchObject({ status });
      expect(problemsOf(stdout)).toEqual([]);
    }
    writeFileSync(join(root, 'services/user-service/src/utils/circuit-breaker.ts'), 'export {};\n');
    const { stdout } = await runBin(root, 's2s-status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'drift' });
    expect(problemsOf(stdout)).toEqual([]);
  });

  it('refuses what is none', () => {
    expect(validate({ schema: 1, status: 'applied' })).toBe(false);
    expect(validate({ schema: 2 })).toBe(false);
  });
});
