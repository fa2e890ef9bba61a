import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Case } from './case.ts';
import { projectRoot } from './project-root.ts';

export interface FoundCase extends Case {
  /** `add-s2s/npm-workspaces` */
  readonly id: string;
  readonly generator: string;
  /** Absolute path of its folder. */
  readonly folder: string;
}

/** Every case below test/cases, by its folder. @throws Error when a folder has no case.ts that exports `testCase` */
export async function findCases(): Promise<readonly FoundCase[]> {
  const base = join(projectRoot, 'test/cases');
  const found: FoundCase[] = [];
  for (const generator of foldersOf(base)) {
    for (const name of foldersOf(join(base, generator))) {
      const folder = join(base, generator, name);
      const module = (await import(pathToFileURL(join(folder, 'case.ts')).href)) as { testCase?: Case };
      if (module.testCase === undefined) throw new Error(`${folder}/case.ts does not export testCase`);
      found.push({ ...module.testCase, id: `${generator}/${name}`, generator, folder });
    }
  }
  return found;
}

function foldersOf(path: string): readonly string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
