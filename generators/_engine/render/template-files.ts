import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// A module of its own: a frozen planner replaces it by one that holds the texts (scripts/freeze.ts).
const templatesUrl = new URL('../../../templates/', import.meta.url);

/** The text of a file below templates/. */
export function readTemplate(template: string): string {
  return readFileSync(new URL(template, templatesUrl), 'utf8');
}

/** The files of a folder of templates; [] when there is none. */
export function listTemplates(folder: string): readonly string[] {
  const path = fileURLToPath(new URL(`${folder}/`, templatesUrl));
  return existsSync(path) ? readdirSync(path) : [];
}
