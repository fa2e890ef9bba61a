import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { toRel } from '../../../generators/_engine/model/paths.ts';
import type { ServiceHead } from '../../../generators/_engine/model/service.ts';
import { openChecked } from '../../../generators/_engine/program/checked-program.ts';
import { openSurvey } from '../../../generators/_engine/program/survey.ts';
import { openRepo } from '../../../generators/_engine/repo/repo.ts';
import { surveyHeads } from '../../../generators/_engine/repo/services.ts';

const dependencies = { fastify: '^5.0.0', half: '1.0.0', absent: '1.0.0', untyped: '1.0.0' };
const files = {
  'package.json': JSON.stringify({ workspaces: ['services/*', 'packages/*'] }),
  'packages/levels/package.json': JSON.stringify({ name: '@acme/levels', types: 'src/index.ts' }),
  'packages/levels/src/index.ts': "export enum Level { Low = 'low', High = 'high' }",
  'node_modules/half/package.json': JSON.stringify({ name: 'half', types: 'index.d.ts' }),
  'node_modules/half/index.d.ts': "export * from '.half/client';\nexport declare const version: string;",
  'node_modules/untyped/index.js': 'exports.x = 1;',
  'services/shop/package.json': JSON.stringify({ name: 'shop', type: 'module', dependencies }),
  'services/shop/src/old.js': 'exports.x = 1;',
  'services/shop/src/app.ts': `import { Level } from '@acme/levels';
import { Client, version } from 'half';
import { gone } from 'absent';
import { x } from 'untyped';
import { y } from './old.js';
import { made } from './generated/client.js';
export const level = Level.Low;
export const all = [Client, version, gone, x, y, made];
`,
};

describe('openChecked', () => {
  const root = mkdtempSync(join(tmpdir(), 'checked-'));

  afterAll(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it('reads linked packages of the workspace, and names what is not installed or not generated', () => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    mkdirSync(join(root, 'node_modules/@acme'));
    symlinkSync('../../packages/levels', join(root, 'node_modules/@acme/levels'));
    const repo = openRepo(root);
    const [head] = surveyHeads(repo) as readonly [ServiceHead];
    const program = openChecked(openSurvey(repo, head));
    const { checker, missing } = program;
    const app = program.file(toRel('services/shop/src/app.ts'));
    const module = app && checker.getSymbolAtLocation(app);
    const [exported] = module === undefined ? [] : checker.getExportsOfModule(module);
    expect(exported && checker.typeToString(checker.getTypeOfSymbol(exported))).toBe('Level.Low');
    expect(missing).toEqual(['./generated/client.js', 'absent', 'half']);
  });
});
