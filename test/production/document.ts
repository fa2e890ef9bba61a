import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';

import { projectRoot } from '../helpers/project-root.ts';

/**
 * The part of a page between `<!-- name -->` and `<!-- /name -->`, which a test has measured. Under UPDATE_DOCS=1 it is
 * written anew, and always given back as it stands now.
 */
export async function documented(page: string, name: string, measured: string): Promise<string> {
  const file = join(projectRoot, page);
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const text = readFileSync(file, 'utf8');
  const [start, end] = [text.indexOf(open) + open.length, text.indexOf(close)];
  if (end < start) throw new Error(`${page} has no ${open} … ${close}`);
  if (process.env['UPDATE_DOCS'] !== '1') return text.slice(start, end);
  const written = `${text.slice(0, start)}\n\n${measured}\n\n${text.slice(end)}`;
  const formatted = await format(written, { ...(await resolveConfig(file)), parser: 'markdown' });
  writeFileSync(file, formatted);
  return formatted.slice(formatted.indexOf(open) + open.length, formatted.indexOf(close));
}
