import type { ToolingFact } from '../model/code-facts.ts';
import type { Edit } from '../model/plan.ts';
import { joinRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { editTowards } from '../repo/draft.ts';
import { textAfter } from '../repo/repo.ts';
import { isWholeFile } from '../model/roles.ts';
import { firstLine } from '../model/text-change.ts';

/** Files that one package's formatter is responsible for. */
export interface FormatGroup {
  readonly dir: RelPath;
  readonly formatter: ToolingFact['formatter'];
  readonly edits: readonly Edit[];
  /** Why the formatter does not run; undefined where it does. */
  readonly left?: string | undefined;
}

interface Formatted {
  readonly edits: readonly Edit[];
  readonly notes: readonly string[];
}

/** Services whose files go to one process of a formatter. */
const groupsAtOnce = 20;

/**
 * Runs the project's own formatter over standard input; nothing is written. New files take what it makes of them,
 * changed files only when the formatter had nothing to say about them before: lines that we did not touch stay.
 */
export async function formatEdits(repo: Repo, groups: readonly FormatGroup[]): Promise<Formatted> {
  const edits: Edit[] = [];
  const notes = new Set<string>();
  for (let at = 0; at < groups.length; at += groupsAtOnce) {
    const some = groups.slice(at, at + groupsAtOnce);
    for (const { left } of some) if (left !== undefined) notes.add(left);
    const outcomes = await formatGroups(repo, some);
    for (const [index, group] of some.entries()) {
      const outcome = outcomes[index] ?? {};
      if (typeof outcome === 'string') notes.add(outcome);
      const texts = typeof outcome === 'string' ? {} : outcome;
      edits.push(...group.edits.map((edit) => formattedEdit(repo, edit, texts)));
    }
  }
  return { edits, notes: [...notes] };
}

/** For each group the formatted texts, or a sentence that says why there are none. */
async function formatGroups(
  { root }: Repo,
  groups: readonly FormatGroup[],
): Promise<readonly (Texts | string)[]> {
  const wanted = groups.map((group) => ({ ...group, inputs: inputsOf(group) }));
  const run = { prettier: runPrettier, biome: runBiome };
  const found = new Map<FormatGroup, Texts | string>();
  for (const formatter of ['prettier', 'biome'] as const) {
    const own = wanted.filter(
      (group) => group.formatter === formatter && Object.keys(group.inputs).length > 0,
    );
    const outputs = own.length === 0 ? [] : await run[formatter](root, own);
    for (const [index, group] of own.entries()) found.set(group, outputs[index] ?? {});
  }
  return wanted.map((group) => {
    const outputs = found.get(group) ?? {};
    return typeof outputs === 'string' ? outputs : cleanOutputs(group, outputs);
  });
}

function inputsOf({ formatter, edits }: FormatGroup): Texts {
  const inputs: Record<string, string> = {};
  const isFormatted = ({ path, role }: Edit): boolean => role === 'record' || /\.[cm]?tsx?$/.test(path);
  for (const edit of formatter === 'none' ? [] : edits.filter(isFormatted)) {
    const text = textAfter(edit);
    if (text !== undefined) inputs[edit.path] = text;
    if (edit.kind === 'patch' && !isOurs(edit)) inputs[beforeKey(edit.path)] = edit.base;
  }
  return inputs;
}

/** No line of it is the user's. */
function isOurs({ role }: Edit): boolean {
  return isWholeFile(role) || role === 'record';
}

/** What is taken of what a formatter gave. */
function cleanOutputs({ edits }: FormatGroup, outputs: Texts): Texts {
  const wasClean = (edit: Edit): boolean =>
    edit.kind !== 'patch' || isOurs(edit) || outputs[beforeKey(edit.path)] === edit.base;
  return Object.fromEntries(
    edits.filter(wasClean).flatMap((edit) => {
      const text = outputs[edit.path];
      return text === undefined ? [] : [[edit.path, text]];
    }),
  );
}

function formattedEdit(repo: Repo, edit: Edit, texts: Texts): Edit {
  const text = texts[edit.path];
  if (text === undefined || edit.kind === 'delete') return edit;
  if (edit.kind === 'patch' && !isOurs(edit))
    return text === edit.base
      ? { ...edit, changes: [] }
      : { ...edit, ...(text !== textAfter(edit) && { formatted: text }) };
  return withText(repo, edit, text);
}

/** A generated file with another text; one that is on disk already is an edit without changes, which settling drops. */
export function withText(repo: Repo, { path, role }: Edit, text: string): Edit {
  return editTowards(repo, path, role, text) ?? { kind: 'patch', path, role, base: text, changes: [] };
}

/** Prettier tells the parser from the name, so the text before the change goes by a name of its own beside it. */
function beforeKey(path: string): string {
  return path.replace(/(\.[cm]?tsx?)$/, '.s2s-before$1');
}

/** Texts by path. */
type Texts = Readonly<Record<string, string>>;

/** Texts that one package's formatter is to format. */
interface Inputs {
  readonly dir: RelPath;
  readonly inputs: Texts;
  readonly edits: readonly Edit[];
}

/** Takes each package's own Prettier, and finds its configuration from the path of the file. */
const prettierProgram = `
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { root, groups } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
async function formatGroup({ dir, inputs }) {
  const prettier = createRequire(join(root, dir, 'package.json'))('prettier');
  process.chdir(join(root, dir));
  const outputs = {};
  for (const [path, text] of Object.entries(inputs)) {
    const file = join(root, path);
    const { ignored } = await prettier.getFileInfo(file, { ignorePath: join(root, '.prettierignore') });
    if (ignored) continue;
    const config = await prettier.resolveConfig(file, { editorconfig: true });
    const options = { ...config, filepath: file };
    const once = await prettier.format(text, options);
    // Some call chains come out differently the second time, and a check looks at what came out.
    outputs[path] = once === text ? once : await prettier.format(once, options);
  }
  return { outputs };
}
(async () => {
  const results = [];
  for (const group of groups)
    results.push(await formatGroup(group).catch((error) => ({ error: error.message })));
  process.stdout.write(JSON.stringify(results));
})();
`;

type PrettierResult = Readonly<{ outputs: Texts } | { error: string }>;

/** For each group what its Prettier makes of the texts, or a sentence that says why it could not. */
async function runPrettier(root: string, groups: readonly Inputs[]): Promise<readonly (Texts | string)[]> {
  const { execa } = await import('execa');
  const wanted = groups.map(({ dir, inputs }) => ({ dir, inputs }));
  const { failed, stderr, stdout } = await execa(process.execPath, ['-e', prettierProgram], {
    cwd: root,
    input: JSON.stringify({ root, groups: wanted }),
    reject: false,
    timeout: 60_000 * groups.length,
  });
  const results = failed ? groups.map(() => ({ error: stderr })) : (JSON.parse(stdout) as PrettierResult[]);
  return results.map((result) =>
    'outputs' in result
      ? result.outputs
      : `Prettier could not format the new code (${firstLine(result.error)}): install it and run it.`,
  );
}

/** For each group what Biome makes of the texts, or a sentence that says why it could not. */
async function runBiome(root: string, groups: readonly Inputs[]): Promise<readonly (Texts | string)[]> {
  const results: (Texts | string)[] = [];
  for (const group of groups) results.push(await runBiomeOn(root, group));
  return results;
}

async function runBiomeOn(root: string, { dir, edits, inputs }: Inputs): Promise<Texts | string> {
  const localDir = `${root}/${joinRel(dir)}`;
  const generated = new Set<string>(edits.filter(({ role }) => isWholeFile(role)).map(({ path }) => path));
  const outputs: Record<string, string> = {};
  for (const [path, input] of Object.entries(inputs)) {
    let text = input;
    // As with Prettier, some call chains come out differently the second time.
    for (let pass = 0; pass < 2; pass += 1) {
      // The order of imports is Biome's as well, which only `check` knows; below 1.9 it has no such flags.
      const sorted = generated.has(path) ? await biome(root, localDir, path, text, sortAndFormat) : undefined;
      const result = sorted?.failed === false ? sorted : await biome(root, localDir, path, text, ['format']);
      if (result.code === 'ENOENT')
        return 'Biome could not format the new code (it is not installed): install it and run it.';
      if (result.failed)
        return `Biome could not format the new code (${firstLine(result.stderr)}): run it by hand.`;
      if (result.stdout === text) break;
      text = result.stdout;
    }
    outputs[path] = text;
  }
  return outputs;
}

const sortAndFormat = ['check', '--write', '--linter-enabled=false'];

async function biome(
  root: string,
  localDir: string,
  path: string,
  input: string,
  command: readonly string[],
) {
  const { execa } = await import('execa');
  return execa('biome', [...command, `--stdin-file-path=${path}`], {
    cwd: root,
    preferLocal: true,
    localDir,
    input,
    reject: false,
    stripFinalNewline: false,
    timeout: 60_000,
  });
}
