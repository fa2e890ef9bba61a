import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { check, resolveConfig } from 'prettier';

import { isSameCode } from '../../generators/_engine/record/hash.ts';
import type { ArrangedCase } from './arrange-case.ts';

/**
 * Generated files that are not what their template says, each with the reason. Where the fixture has no formatter it is
 * the very text that was rendered in the style of the service. Where it has one, the tokens are the same and the
 * formatter has nothing left to say.
 */
export async function strayFiles({ after, root, rendered }: ArrangedCase): Promise<readonly string[]> {
  const stray: string[] = [];
  const hasFormatter = existsSync(join(root, '.prettierrc')) || existsSync(join(root, '.prettierrc.json'));
  for (const [path, { text }] of rendered) {
    const written = Buffer.from(after.get(path) ?? '', 'latin1').toString('utf8');
    if (!hasFormatter && written !== text) stray.push(`${path} is not the text that was rendered`);
    if (!isSameCode(path, written, text)) stray.push(`${path} has other tokens than its template`);
    if (!hasFormatter || !path.endsWith('.ts')) continue;
    const config = await resolveConfig(join(root, path));
    if (!(await check(written, { ...config, filepath: path }))) stray.push(`${path} is not formatted`);
  }
  return stray;
}
