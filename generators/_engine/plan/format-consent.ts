import type { Answers } from '../model/generator.ts';
import type { Repo } from '../model/repo.ts';
import type { FormatGroup } from './format.ts';
import { findFormatterCode } from './formatter-code.ts';

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
