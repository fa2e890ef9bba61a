/** Counts the lines that `add-s2s` adds to a workspace of two services, by the built command, and writes them into the README. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import prettier from 'prettier';

import { isRecordPath } from '../test/helpers/arrange-case.ts';
import { childEnvironment } from '../test/helpers/child-environment.ts';
import { materialize } from '../test/helpers/materialize.ts';
import { projectRoot } from '../test/helpers/project-root.ts';
import { changedFiles, readTree } from '../test/helpers/tree.ts';

const command = ['add-s2s', '--target', 'user', '--protect', 'usersRoutes'];
const kinds = ['run-time code', 'tests', 'wiring', 'records'] as const;
type Kind = (typeof kinds)[number];

/** Lines that one service gets, by kind, and the bytes of its record. */
export interface ServiceSize {
  readonly service: string;
  readonly lines: Readonly<Record<Kind, number>>;
  readonly recordBytes: number;
}

/** Runs the built command on a copy of fixtures/npm-workspaces: what each service gets. @throws Error when it fails */
export function measureSize(): Promise<readonly ServiceSize[]> {
  return measure([command]);
}

/** The same of a service that shares what another has: `add-s2s --target billing`, after `--shared packages/s2s`. */
export async function measureNext(): Promise<ServiceSize> {
  const sizes = await measure([
    [...command, '--shared', 'packages/s2s'],
    ['add-s2s', '--target', 'billing', '--protect', 'invoicesRoutes'],
  ]);
  const [next, other] = sizes;
  if (next === undefined || other !== undefined) throw new Error('Other folders changed as well');
  return next;
}

/** What the last of some commands adds. */
async function measure(commands: readonly (readonly string[])[]): Promise<readonly ServiceSize[]> {
  const root = materialize('size', { fixture: 'npm-workspaces', args: [] });
  try {
    let before = readTree(root);
    for (const args of commands) {
      before = readTree(root);
      await execa(process.execPath, [join(projectRoot, 'dist/cli.js'), ...args, '--allow-dirty'], {
        cwd: root,
        stdin: 'ignore',
        extendEnv: false,
        env: childEnvironment({}),
      });
    }
    const changed = [...changedFiles(before, readTree(root))];
    const services = [...new Set(changed.map(([path]) => path.split('/').slice(0, 2).join('/')))].sort();
    return services.map((service) => sizeOf(service, before, changed));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function sizeOf(
  service: string,
  before: ReadonlyMap<string, string>,
  changed: readonly (readonly [string, string | undefined])[],
): ServiceSize {
  const own = changed.filter(([path]) => path.startsWith(`${service}/`));
  const added = own.map(([path, text = '']) => {
    const grown = linesOf(text) - linesOf(before.get(path) ?? '');
    return { kind: kindOf(path, before.has(path)), lines: grown };
  });
  const lines = Object.fromEntries(
    kinds.map((kind) => [kind, sum(added.filter((one) => one.kind === kind).map((one) => one.lines))]),
  ) as ServiceSize['lines'];
  const recordBytes = sum(own.filter(([path]) => isRecordPath(path)).map(([, text = '']) => text.length));
  return { service, lines, recordBytes };
}

function kindOf(path: string, wasThere: boolean): Kind {
  if (isRecordPath(path)) return 'records';
  if (wasThere) return 'wiring';
  return /\.test\.ts$|\/test(?:ing)?\/|\/vitest\.config\.ts$/.test(path) ? 'tests' : 'run-time code';
}

function linesOf(text: string): number {
  return text.split('\n').length - 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

const [start, end] = ['<!-- size: written by npm run size -->', '<!-- end of size -->'];

/** The README with the table between its markers. */
export function withSizes(readme: string, sizes: readonly ServiceSize[], next: ServiceSize): Promise<string> {
  const names = sizes.map(({ service }) => `\`${service}\``);
  const row = (what: string, count: (size: ServiceSize) => number): string =>
    `| ${[what, ...sizes.map((size) => count(size).toLocaleString('en')), sum(sizes.map(count)).toLocaleString('en')].join(' | ')} |`;
  const table = [
    `| lines added | ${names.join(' | ')} | together |`,
    `| --- | ${[...names, ''].map(() => '---:').join(' | ')} |`,
    ...kinds.map((kind) => row(kind, ({ lines }) => lines[kind])),
    row('in all', ({ lines }) => sum(Object.values(lines))),
    row('bytes of the record', ({ recordBytes }) => recordBytes),
  ];
  const counted = kinds.map((kind) => `${String(next.lines[kind])} of ${kind}`).join(', ');
  const all = String(sum(Object.values(next.lines)));
  const further = `With \`--shared packages/s2s\` a further service, \`${next.service}\`, gets ${all} lines: ${counted}.`;
  const [head = '', rest = ''] = readme.split(start);
  const tail = rest.split(end)[1] ?? '';
  return prettier.format(`${head}${start}\n\n${table.join('\n')}\n\n${further}\n\n${end}${tail}`, {
    parser: 'markdown',
    ...(JSON.parse(readFileSync(join(projectRoot, '.prettierrc.json'), 'utf8')) as prettier.Options),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = join(projectRoot, 'README.md');
  const text = await withSizes(readFileSync(path, 'utf8'), await measureSize(), await measureNext());
  writeFileSync(path, text);
  console.log(text.split(start)[1]?.split(end)[0]?.trim());
}
