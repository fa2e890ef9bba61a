import { expect, it } from 'vitest';

import { findGenerator } from '../../../generators/_engine/generator/registry.ts';
import { isWholeFile } from '../../../generators/_engine/model/roles.ts';
import { makePlan } from '../../../generators/_engine/plan/run.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

const note = 'shop gets no tests of this code: they are written for Vitest, Jest, node:test and tap';

it.each([
  ['mocha --require tsx test/**/*.test.ts', false],
  ['ava', false],
  ['bun test', false],
  [undefined, false],
  ['vitest run', true],
])(
  'writes tests where the runner is one of its own, and says where it is not: %s',
  async (test, isTested) => {
    const scripts = test === undefined ? {} : { test };
    const repo = memoryRepo({
      'package.json': JSON.stringify({
        name: 'shop',
        type: 'module',
        scripts,
        dependencies: { fastify: '^5.0.0' },
      }),
      'tsconfig.json': '{}',
      'src/app.ts':
        "import fastify from 'fastify';\n\nconst app = fastify();\nawait app.listen({ port: 3000 });\n",
    });
    const id = 'add-circuit-breaker';
    const generator = await findGenerator(id);
    if (generator === undefined) throw new Error('no generator');
    const { plan } = await makePlan({ id, generator, given: { allowDirty: true }, root: repo.root }, repo);

    const tests = plan.edits.filter(({ role }) => isWholeFile(role) && role.endsWith('-test'));
    expect(tests.length > 0).toBe(isTested);
    expect(plan.notes.some((one) => one.includes(note))).toBe(!isTested);
  },
);
