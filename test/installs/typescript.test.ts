import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { findCases } from '../helpers/find-cases.ts';
import { fixtures, type FixtureName, type FixtureService } from '../helpers/fixtures.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { seededRandom, shuffle } from '../helpers/random.ts';
import { runCommand } from '../helpers/run-command.ts';
import { sampled } from '../helpers/sampled.ts';
import { installTools, registryAnswers } from './registry.ts';
import { tooOld, typescriptVersions } from './typescript-versions.ts';

const online = await registryAnswers();
const cases = new Map((await findCases()).map((found) => [found.id, found]));
const everything = Object.keys(fixtures)
  .filter((fixture) => cases.has(`add-s2s/${fixture}`))
  .flatMap((fixture) =>
    Object.keys(typescriptVersions)
      .filter((version) => tooOld[fixture]?.includes(version) !== true)
      .map((version) => ({ version, fixture: fixture as FixtureName })),
  );
// Where no registry answers, what is installed here is compiled with; every case is, in its own test, too.
const own = everything.filter(({ version }) => version === '5.9');
const tested = online ? sampled(everything, 1) : shuffle(own, seededRandom(inject('seed'))).slice(0, 1);
const generated = new Map<FixtureName, Promise<string>>();
let compilers = join(projectRoot, 'node_modules');

beforeAll(async () => {
  if (!online) return;
  const wanted = new Set(tested.map(({ version }) => version));
  const tools = Object.entries(typescriptVersions).filter(([version]) => wanted.has(version));
  compilers = await installTools(
    Object.fromEntries(tools.map(([version, range]) => [`typescript-${version}`, `npm:typescript@${range}`])),
  );
}, 300_000);
afterAll(() => {
  for (const fixture of generated.keys())
    rmSync(join(projectRoot, '.cases', idOf(fixture)), { recursive: true });
});

const idOf = (fixture: FixtureName): string => `typescript-${fixture}`;

/** The fixture with everything that add-s2s makes of it, once. */
function generate(fixture: FixtureName): Promise<string> {
  const known = generated.get(fixture) ?? make(fixture);
  generated.set(fixture, known);
  return known;
}

async function make(fixture: FixtureName): Promise<string> {
  const found = cases.get(`add-s2s/${fixture}`);
  if (found === undefined) throw new Error(`add-s2s has no case for ${fixture}`);
  const root = materialize(idOf(fixture), found);
  await runCommand({ generator: 'add-s2s', args: [...found.args, '--no-format'] }, root);
  return root;
}

describe('the generated code', () => {
  it.each(tested)(
    'compiles with TypeScript $version in $fixture',
    { timeout: 300_000 },
    async ({ version, fixture }) => {
      const root = await generate(fixture);
      const compiler = join(compilers, online ? `typescript-${version}` : 'typescript');
      const { bin } = JSON.parse(readFileSync(join(compiler, 'package.json'), 'utf8')) as {
        readonly bin: { readonly tsc: string };
      };
      const services: readonly FixtureService[] = fixtures[fixture].services;
      for (const { dir, tsconfig = 'tsconfig.json' } of services) {
        const args = [join(compiler, bin.tsc), '--noEmit', '--project', join(root, dir, tsconfig)];
        const { stdout, exitCode } = await execa(process.execPath, args, { reject: false, stdin: 'ignore' });
        expect(stdout, dir).toBe('');
        expect(exitCode).toBe(0);
      }
    },
  );
});
