import type { Answers } from '../model/generator.ts';
import { dirnameRel, type RelPath } from '../model/paths.ts';
import type { Edit } from '../model/plan.ts';
import type { Repo } from '../model/repo.ts';
import { isWholeFile } from '../model/roles.ts';
import { firstLine } from '../model/text-change.ts';
import { isSameCode } from '../record/hash.ts';
import { textAfter } from '../repo/repo.ts';
import { withText } from './format.ts';

interface Linted {
  readonly edits: readonly Edit[];
  readonly notes: readonly string[];
}

/** Texts by path. */
type Texts = Readonly<Record<string, string>>;

/** What ESLint makes of a text: with all of its fixes, and with those of each rule alone. */
type Fixes = Readonly<{ all: string; byRule: Texts }>;

/** Milliseconds for the files of one service. */
const timeout = 60_000;

/**
 * Takes the fixes of the repository's own ESLint for generated files, over standard input; nothing is written. Its
 * configuration is a program, so only `--format` runs it. A fix is taken where the code stays the same but for layout
 * and the order of imports: what else a rule changes would count as an edit of the user's from then on.
 */
export async function lintEdits(
  repo: Repo,
  dir: RelPath,
  edits: readonly Edit[],
  { format }: Answers,
): Promise<Linted> {
  const config = format === true ? configFolder(repo, dir) : undefined;
  const texts = config === undefined ? {} : generatedTexts(edits);
  if (config === undefined || Object.keys(texts).length === 0) return { edits, notes: [] };
  const found = await runEslint(repo.root, { dir, config, texts });
  if (typeof found === 'string') return { edits, notes: [found] };
  const rules = judged(found, texts);
  const mixed = rules.filter(({ fitting, isWhole }) => fitting.length > 0 && !isWhole);
  const only = Object.fromEntries(mixed.map(({ fitting, path }) => [path, fitting]));
  const some = mixed.length === 0 ? {} : await runEslint(repo.root, { dir, config, texts, only });
  const fixed = typeof some === 'string' ? found : { ...found, ...some };
  return {
    edits: edits.map((edit) => {
      const text = fixed[edit.path]?.all;
      const isTaken = text !== undefined && isSameCode(edit.path, texts[edit.path] ?? '', text);
      return isTaken ? withText(repo, edit, text) : edit;
    }),
    notes: [...(typeof some === 'string' ? [some] : []), ...noteOthers(rules)],
  };
}

interface Judged {
  readonly path: string;
  /** All fixes together keep the code. */
  readonly isWhole: boolean;
  /** Rules whose fixes alone keep it, and those that change it. */
  readonly fitting: readonly string[];
  readonly others: readonly string[];
}

function judged(found: Readonly<Record<string, Fixes>>, texts: Texts): readonly Judged[] {
  return Object.entries(found).map(([path, { all, byRule }]) => {
    const isKept = (text: string): boolean => isSameCode(path, texts[path] ?? '', text);
    const [fitting, others] = [true, false].map((wanted) =>
      Object.keys(byRule).filter((rule) => isKept(byRule[rule] ?? '') === wanted),
    );
    return { path, isWhole: isKept(all), fitting: fitting ?? [], others: others ?? [] };
  });
}

function noteOthers(rules: readonly Judged[]): readonly string[] {
  const others = [...new Set(rules.flatMap((one) => one.others))].toSorted();
  if (others.length === 0) return [];
  return [
    `ESLint would change the code of new files, not only its layout (${others.join(', ')}): run eslint --fix on them if you want that; s2s-upgrade merges it.`,
  ];
}

/** The nearest folder at or above a service's that configures ESLint. */
function configFolder(repo: Repo, dir: RelPath): RelPath | undefined {
  const isConfig = /^(?:eslint\.config\.[cm]?[jt]s|\.eslintrc(?:\..+)?)$/;
  if (repo.list(dir).some(({ kind, name }) => kind === 'file' && isConfig.test(name))) return dir;
  return dir === '' ? undefined : configFolder(repo, dirnameRel(dir));
}

function generatedTexts(edits: readonly Edit[]): Texts {
  const own = edits.filter(({ path, role }) => isWholeFile(role) && /\.[cm]?tsx?$/.test(path));
  return Object.fromEntries(
    own.flatMap((edit) => {
      const text = textAfter(edit);
      return text === undefined ? [] : [[edit.path, text]];
    }),
  );
}

/**
 * Takes the service's own ESLint. A file that is not on disk is in no program of TypeScript: rules that ask for types
 * throw then, and are turned off one after the other.
 */
const program = `
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { root, dir, config, texts, only } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
(async () => {
  const { ESLint: Usual, loadESLint } = createRequire(join(root, dir, 'package.json'))('eslint');
  const cwd = join(root, config);
  process.chdir(cwd);
  const ESLint = loadESLint ? await loadESLint({ cwd }) : Usual;
  const parserOptions = { projectService: false, project: null, programs: null };
  const shape = ESLint.configType === 'flat' ? { languageOptions: { parserOptions } } : { parserOptions };
  const off = {};
  const linters = new Map();
  const linterOf = (key, fix) => {
    const known = linters.get(key) ?? new ESLint({ cwd, fix, overrideConfig: { ...shape, rules: { ...off } } });
    linters.set(key, known);
    return known;
  };
  // Fixes nothing for '', everything for '*', else what the comma-separated rules find.
  const lint = async (text, filePath, rules) => {
    const fix = rules !== '' && (({ ruleId }) => rules === '*' || rules.split(',').includes(ruleId));
    for (;;) {
      try {
        return (await linterOf(rules, fix).lintText(text, { filePath }))[0];
      } catch (error) {
        const [, rule] = /(?:loading rule '|Rule: ")([^'"]+)/.exec(error.message) ?? [];
        if (rule === undefined || off[rule] === 'off') throw error;
        off[rule] = 'off';
        linters.clear();
      }
    }
  };
  const fixes = {};
  for (const [path, text] of Object.entries(texts)) {
    const rules = only?.[path];
    if (only !== undefined && rules === undefined) continue;
    const file = join(root, path);
    const fixed = async (by) => (await lint(text, file, by))?.output ?? text;
    if (rules !== undefined) {
      fixes[path] = { all: await fixed(rules.join()), byRule: {} };
      continue;
    }
    const found = await lint(text, file, '');
    const ids = new Set((found?.messages ?? []).flatMap(({ fix, ruleId }) => (fix && ruleId ? [ruleId] : [])));
    if (ids.size === 0) continue;
    const byRule = {};
    for (const id of ids) byRule[id] = await fixed(id);
    fixes[path] = { all: await fixed('*'), byRule };
  }
  process.stdout.write('\\n' + JSON.stringify(fixes));
})().catch((error) => {
  process.stderr.write(error.message);
  process.exitCode = 1;
});
`;

/** What ESLint makes of the texts, or a sentence that says why it could not. */
async function runEslint(root: string, input: object): Promise<Readonly<Record<string, Fixes>> | string> {
  const { execa } = await import('execa');
  const run = await execa(process.execPath, ['-e', program], {
    cwd: root,
    input: JSON.stringify({ root, ...input }),
    reject: false,
    timeout,
  });
  // A configuration may print something of its own first.
  if (!run.failed)
    return JSON.parse(run.stdout.slice(run.stdout.lastIndexOf('\n') + 1)) as Record<string, Fixes>;
  const reason = run.timedOut ? `it took more than ${String(timeout / 1_000)} s` : firstLine(run.stderr);
  return `ESLint could not fix the new code (${reason}): run it by hand.`;
}
