import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { clearCaches } from '@typescript-eslint/parser';
import { ESLint } from 'eslint';

/** Lints files (relative to `root`) with the config that the repository at `root` has; [] where it has none. */
export async function lintFiles(root: string, files: readonly string[]): Promise<readonly string[]> {
  const config = join(root, 'eslint.config.js');
  if (!existsSync(config)) return [];
  const eslint = new ESLint({ cwd: root, overrideConfigFile: config });
  const results = await eslint.lintFiles(files.map((file) => join(root, file)));
  // It keeps the program of every repository that it has linted: a deep run ran out of memory.
  clearCaches();
  return results.flatMap(({ filePath, messages }) =>
    messages.map(({ line, message, ruleId }) => `${filePath}:${String(line)} ${ruleId ?? ''} ${message}`),
  );
}
