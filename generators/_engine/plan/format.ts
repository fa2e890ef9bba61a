import type { ToolingFact } from '../model/code-facts.ts';
import type { Edit } from '../model/edit.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { runBiome, runPrettier, type Texts } from './formatters.ts';
import { editTowards } from '../repo/draft.ts';
import { textAfter } from '../repo/repo.ts';
import { isWholeFile } from '../model/roles.ts';

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
  for (const edit of formatter === 'none' ? [] : edits.filter(({ path }) => /\.[cm]?tsx?$/.test(path))) {
    const text = textAfter(edit);
    if (text !== undefined) inputs[edit.path] = text;
    if (edit.kind === 'patch') inputs[beforeKey(edit.path)] = edit.base;
  }
  return inputs;
}

/** What is taken of what a formatter gave. */
function cleanOutputs({ edits }: FormatGroup, outputs: Texts): Texts {
  const wasClean = (edit: Edit): boolean =>
    edit.kind !== 'patch' || outputs[beforeKey(edit.path)] === edit.base || isWholeFile(edit.role);
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
  if (edit.kind === 'patch' && !isWholeFile(edit.role))
    return text === edit.base
      ? { ...edit, changes: [] }
      : { ...edit, ...(text !== textAfter(edit) && { formatted: text }) };
  // Formatted to what is on disk already: an edit without changes, which settling drops.
  return editTowards(repo, edit.path, edit.role, text) ?? { ...edit, kind: 'patch', base: text, changes: [] };
}

/** Prettier tells the parser from the name, so the text before the change goes by a name of its own beside it. */
function beforeKey(path: string): string {
  return path.replace(/(\.[cm]?tsx?)$/, '.s2s-before$1');
}
