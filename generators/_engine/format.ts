import { execa } from 'execa';

import type { Edit, RelPath, Repo, ToolingFact } from './contract.ts';
import { joinRel } from './paths.ts';
import { editTowards } from './plan.ts';
import { textAfter } from './repo.ts';
import { isWholeFile } from './roles.ts';

/** Files that one package's formatter is responsible for. */
export interface FormatGroup {
  readonly dir: RelPath;
  readonly formatter: ToolingFact['formatter'];
  readonly edits: readonly Edit[];
}

interface Formatted {
  readonly edits: readonly Edit[];
  readonly notes: readonly string[];
}

type Texts = Readonly<Record<string, string>>;

/**
 * Runs the project's own formatter over standard input; nothing is written. New files take what it makes of them,
 * changed files only when the formatter had nothing to say about them before: lines that we did not touch stay.
 */
export async function formatEdits(repo: Repo, groups: readonly FormatGroup[]): Promise<Formatted> {
  const formatted = await Promise.all(
    groups.map(async (group): Promise<Formatted> => {
      const wanted =
        group.formatter === 'none' ? [] : group.edits.filter((edit) => /\.[cm]?tsx?$/.test(edit.path));
      const outcome = wanted.length === 0 ? {} : await formatGroup(repo, group, wanted);
      const [texts, notes] = typeof outcome === 'string' ? [{}, [outcome]] : [outcome, []];
      return { edits: group.edits.map((edit) => formattedEdit(repo, edit, texts)), notes };
    }),
  );
  return {
    edits: formatted.flatMap(({ edits }) => edits),
    notes: formatted.flatMap(({ notes }) => notes),
  };
}

function formattedEdit(repo: Repo, edit: Edit, texts: Texts): Edit {
  const text = texts[edit.path];
  if (text === undefined || edit.kind === 'delete') return edit;
  // Formatted to what is on disk already: an edit without changes, which settling drops.
  return editTowards(repo, edit.path, edit.role, text) ?? { ...edit, kind: 'patch', base: text, changes: [] };
}

async function formatGroup(repo: Repo, group: FormatGroup, edits: readonly Edit[]): Promise<Texts | string> {
  const inputs: Record<string, string> = {};
  for (const edit of edits) {
    const text = textAfter(edit);
    if (text !== undefined) inputs[edit.path] = text;
    if (edit.kind === 'patch') inputs[beforeKey(edit.path)] = edit.base;
  }
  const run = group.formatter === 'prettier' ? prettier : biome;
  const outputs = await run(repo.root, group.dir, inputs);
  if (typeof outputs === 'string') return outputs;
  const wasClean = (edit: Edit): boolean =>
    edit.kind !== 'patch' || outputs[beforeKey(edit.path)] === edit.base || isWholeFile(edit.role);
  return Object.fromEntries(
    edits.filter(wasClean).flatMap((edit) => {
      const text = outputs[edit.path];
      return text === undefined ? [] : [[edit.path, text]];
    }),
  );
}

/** Prettier tells the parser from the name, so the text before the change goes by a name of its own beside it. */
function beforeKey(path: string): string {
  return path.replace(/(\.[cm]?tsx?)$/, '.s2s-before$1');
}

/** Runs in the project's folder, so that it finds the project's Prettier and its configuration. */
const prettierProgram = `
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { dir, root, inputs } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
(async () => {
  const prettier = createRequire(join(root, dir, 'package.json'))('prettier');
  const outputs = {};
  for (const [path, text] of Object.entries(inputs)) {
    const file = join(root, path);
    const { ignored } = await prettier.getFileInfo(file, { ignorePath: join(root, '.prettierignore') });
    if (ignored) continue;
    const config = await prettier.resolveConfig(file, { editorconfig: true });
    const options = { ...config, filepath: file };
    // Some call chains come out differently the second time, and a check looks at what came out.
    outputs[path] = await prettier.format(await prettier.format(text, options), options);
  }
  process.stdout.write(JSON.stringify(outputs));
})().catch((error) => { console.error(error.message); process.exitCode = 1; });
`;

async function prettier(root: string, dir: RelPath, inputs: Texts): Promise<Texts | string> {
  const result = await execa(process.execPath, ['-e', prettierProgram], {
    cwd: joinAbsolute(root, dir),
    input: JSON.stringify({ dir, root, inputs }),
    reject: false,
    timeout: 60_000,
  });
  if (!result.failed) return JSON.parse(result.stdout) as Texts;
  return `Prettier could not format the new code (${firstLine(result.stderr)}): run it when it is installed.`;
}

async function biome(root: string, dir: RelPath, inputs: Texts): Promise<Texts | string> {
  const outputs: Record<string, string> = {};
  for (const [path, input] of Object.entries(inputs)) {
    const result = await execa('biome', ['format', `--stdin-file-path=${path}`], {
      cwd: root,
      preferLocal: true,
      localDir: joinAbsolute(root, dir),
      input,
      reject: false,
      stripFinalNewline: false,
      timeout: 60_000,
    });
    if (result.code === 'ENOENT')
      return 'Biome could not format the new code (it is not installed): run it when it is.';
    if (result.failed)
      return `Biome could not format the new code (${firstLine(result.stderr)}): run it by hand.`;
    outputs[path] = result.stdout;
  }
  return outputs;
}

function joinAbsolute(root: string, dir: RelPath): string {
  return `${root}/${joinRel(dir)}`;
}

function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? 'no reason given'
  );
}
