import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from '../helpers/project-root.ts';

const folders = ['.', 'bench', 'docs', 'docs/decisions', 'fixtures', '.changeset'];

/** Every Markdown file that is written for readers, below the project's root. */
export function documents(): readonly string[] {
  return folders.flatMap((folder) => {
    const names = readdirSync(join(projectRoot, folder)).filter((name) => name.endsWith('.md'));
    return names.map((name) => join(folder, name)).sort();
  });
}
