import { realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import { basenameRel, dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { FormatGroup } from './format.ts';
import { isTracked } from '../record/git.ts';
import type { Answers } from '../model/generator.ts';

const packages = { prettier: 'prettier', biome: '@biomejs/biome' } as const;
/** A package by its name, or a file in it; anything else is a path or a URL. */
const bareName = /^(?:@[\w.-]+\/)?[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/**
 * The first file or package that a formatter would run and that came with the repository, not with an install:
 * configuration that is a program, a plugin by path, a package that git keeps or that a link leads to from outside of
 * node_modules. Undefined when there is none.
 */
async function findFormatterCode(
  repo: Repo,
  { dir, edits, formatter }: FormatGroup,
): Promise<string | undefined> {
  if (formatter === 'none') return undefined;
  const folders = [...new Set([dir, ...edits.map(({ path }) => dirnameRel(path))].flatMap(foldersAbove))];
  const used = new Set<string>([packages[formatter]]);
  for (const folder of formatter === 'prettier' ? folders : []) {
    for (const path of configsIn(repo, folder)) {
      const named = await modulesOf(path, repo.read(path) ?? '');
      if (!named?.every((name) => bareName.test(name))) return path;
      for (const name of named) used.add(name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
    }
  }
  const modules = folders.map((folder) => joinRel(folder, 'node_modules'));
  const linked = [...used].find((name) => modules.some((folder) => isLinked(repo.root, folder, name)));
  if (linked !== undefined) return linked;
  return (await isTracked(repo.root, modules)) ? 'node_modules, which git tracks' : undefined;
}

function foldersAbove(dir: RelPath): readonly RelPath[] {
  return dir === '' ? [dir] : [dir, ...foldersAbove(dirnameRel(dir))];
}

/** Where Prettier looks for its configuration. */
function configsIn(repo: Repo, folder: RelPath): readonly RelPath[] {
  return repo
    .list(folder)
    .filter(({ name }) =>
      /^(?:\.prettierrc(?:\..+)?|prettier\.config\..+|package\.(?:json|yaml))$/.test(name),
    )
    .map(({ name }) => joinRel(folder, name));
}

/** The modules that a configuration names; undefined for one that is a program, or is not understood. */
async function modulesOf(path: RelPath, text: string): Promise<readonly string[] | undefined> {
  const name = basenameRel(path);
  // A table, never the name of a module; its keys may be written with escapes.
  if (name.endsWith('.toml')) return /plugins|\\/.test(text) ? undefined : [];
  if (!/^\.prettierrc(?:\.(?:json5?|ya?ml))?$|^package\./.test(name)) return undefined;
  const { readYaml } = await import('../syntax/yaml-text.ts');
  const read = readYaml(text);
  const whole = name.startsWith('package.') ? memberOf(read, 'prettier') : read;
  if (typeof whole === 'string') return [whole];
  const overrides = memberOf(whole, 'overrides');
  const options = Array.isArray(overrides) ? overrides.map((one: unknown) => memberOf(one, 'options')) : [];
  const plugins = [whole, ...options].flatMap((one) => memberOf(one, 'plugins') ?? []);
  return plugins.every((one) => typeof one === 'string') ? plugins : undefined;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

/** A package of a workspace is linked into node_modules: its code is the repository's. */
function isLinked(root: string, folder: RelPath, name: string): boolean {
  try {
    const path = relative(root, realpathSync.native(join(root, folder, name)));
    return !path.startsWith('..') && !path.split(sep).includes('node_modules');
  } catch {
    return false;
  }
}

const names = { prettier: 'Prettier', biome: 'Biome' } as const;

/**
 * Leaves formatters out that must not run. They are code of the repository: a run that only reads runs none of it, and
 * one that writes only what was installed, led by configuration that is data. `--format` asks for the rest.
 */
export async function withoutRefused(
  repo: Repo,
  given: Answers,
  groups: readonly FormatGroup[],
): Promise<readonly FormatGroup[]> {
  return Promise.all(
    groups.map(async (group): Promise<FormatGroup> => {
      const { formatter } = group;
      if (formatter === 'none' || given['format'] === true) return group;
      if (given['format'] === false) return { ...group, formatter: 'none' };
      const left =
        given['dryRun'] === true
          ? `The new code is not formatted: ${names[formatter]} is code of the repository and runs only when the change is written, or with --format.`
          : await refusedCode(repo, group, names[formatter]);
      return left === undefined ? group : { ...group, formatter: 'none', left };
    }),
  );
}

async function refusedCode(repo: Repo, group: FormatGroup, name: string): Promise<string | undefined> {
  const code = await findFormatterCode(repo, group);
  return (
    code &&
    `The new code was not formatted: ${name} would run ${code}, which is code of the repository. Review it, then allow it with --format.`
  );
}
