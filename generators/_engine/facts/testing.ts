import type { TestingFact } from '../model/code-facts.ts';
import { joinRel } from '../model/paths.ts';
import type { Survey } from '../program/survey.ts';
import { manifestsAbove } from '../repo/manifest.ts';
import { specifiersOf } from '../syntax/imports.ts';
import { surveyTooling } from './tooling.ts';

type Runner = TestingFact['runner'];

/** Which test runner a service uses, and the command that runs the tests whose file name holds NAME. */
export function surveyTesting(survey: Survey): TestingFact {
  const script = survey.head.manifest.scripts['test'] ?? '';
  const runner =
    byScript(script) ??
    byDependency(survey.head.manifest.dependencies) ??
    byImports(survey) ??
    byParents(survey);
  return { runner, globals: hasGlobals(survey, runner), command: commandOf(survey, runner) };
}

function byScript(script: string): Runner | undefined {
  if (/\bvitest\b/.test(script)) return 'vitest';
  if (/\bjest\b/.test(script)) return 'jest';
  if (/\b(node|tsx)\b.*\s--test\b|\bborp\b/.test(script)) return 'node:test';
  return /\btap\b/.test(script) ? 'tap' : undefined;
}

function byDependency(dependencies: Readonly<Record<string, string>>): Runner | undefined {
  return (['vitest', 'jest', 'tap'] as const).find((name) => dependencies[name] !== undefined);
}

function byImports(survey: Survey): Runner | undefined {
  const used = new Set(survey.tests.flatMap((file) => specifiersOf(survey.tree(file))));
  if (used.has('@jest/globals')) return 'jest';
  return (['vitest', 'node:test', 'tap'] as const).find((name) => used.has(name));
}

function byParents({ head, repo }: Survey): Runner {
  const found = manifestsAbove(repo, head.dir).map(
    ({ dependencies, scripts }) => byDependency(dependencies) ?? byScript(scripts['test'] ?? ''),
  );
  return found.find((runner) => runner !== undefined) ?? 'none';
}

function hasGlobals(survey: Survey, runner: Runner): boolean {
  const importing = (name: string): boolean => survey.tests.some((file) => survey.text(file).includes(name));
  if (runner === 'jest') return !importing('@jest/globals') && (survey.tests.length > 0 || knowsJest(survey));
  return (
    runner === 'vitest' &&
    configText(survey).some((text) => /\bglobals:\s*true\b/.test(text)) &&
    !importing("'vitest'") &&
    !importing('"vitest"')
  );
}

/** The compiler sees the types of every package, or of those that `types` lists. */
function knowsJest({ tsconfig }: Survey): boolean {
  const { types } = tsconfig.options;
  return !Array.isArray(types) || types.includes('jest');
}

function configText({ head, repo }: Survey): readonly string[] {
  const dirs = manifestsAbove(repo, head.dir).map(({ path }) => joinRel(path, '..'));
  return dirs.flatMap((dir) =>
    repo
      .list(dir)
      .filter(
        ({ kind, name }) => kind === 'file' && /^(vitest|vite)\.(config|workspace)\.[cm]?[jt]s$/.test(name),
      )
      .map(({ name }) => repo.read(joinRel(dir, name)) ?? ''),
  );
}

function commandOf(survey: Survey, runner: Runner): string {
  const { packageManager } = surveyTooling(survey.repo, survey.head);
  const exec = { npm: 'npx', pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' }[packageManager];
  if (runner === 'vitest') return `${exec} vitest run NAME`;
  if (runner === 'jest') return `${exec} jest ${configFlag(survey)}NAME`;
  if (runner === 'tap') return `${exec} tap "test/**/*NAME*.test.ts"`;
  return nodeTestCommand(survey);
}

/** `--config test/jest.json ` where the repo's own script has it: nothing else would find it there. */
function configFlag({ head }: Survey): string {
  const script = head.manifest.scripts['test'] ?? '';
  const file = /\bjest\b.*?\s(?:--config|-c)[ =](\S+)/.exec(script)?.[1];
  return file === undefined ? '' : `--config ${file} `;
}

/** The repo's own script with NAME in its glob; Node before 21 leaves globs to the shell, so quotes stay as they are. */
function nodeTestCommand({ head, repo }: Survey): string {
  const own = Object.entries(head.manifest.scripts)
    .filter(([name]) => /^test\b/.test(name))
    .sort(([a], [b]) => a.length - b.length)
    .flatMap(([, script]) => script.split('&&'))
    .find((part) => /\bnode\b.*--test\b/.test(part) || /\b(tsx|borp)\b/.test(part))
    ?.trim();
  const glob = own?.split(/\s+/).findLast((word) => /\*[^/]*["']?$/.test(word));
  if (own !== undefined && glob !== undefined) {
    return own.replace(glob, () => glob.replace(/\*(?=[^/*]*$)/, '*NAME*'));
  }
  const flags = surveyTooling(repo, head).runTypeScript ?? ['--import', 'tsx'];
  return `node ${flags.join(' ')} --test "test/**/*NAME*.test.ts"`;
}

/** Whether tests can import `./x.js` where the file is `x.ts`: jest takes a mapper or a resolver for it. */
export function testsResolveJs(survey: Survey): boolean {
  if (surveyTesting(survey).runner !== 'jest') return true;
  const script = survey.head.manifest.scripts['test'] ?? '';
  return manifestsAbove(survey.repo, survey.head.dir).some(({ path, text }) => {
    const dir = joinRel(path, '..');
    const isConfig = (name: string): boolean => /^jest\.config\.\w+$/.test(name) || script.includes(name);
    const files = survey.repo.list(dir).filter(({ kind, name }) => kind === 'file' && isConfig(name));
    const texts = [text, ...files.map(({ name }) => survey.repo.read(joinRel(dir, name)) ?? '')];
    return texts.some((one) => /\.js\)?\$/.test(one) || /["']?resolver["']?\s*:/.test(one));
  });
}
