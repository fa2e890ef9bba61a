import { channel } from 'node:diagnostics_channel';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import Handlebars from 'handlebars';

import type { Style, TestingFact } from './contract.ts';
import { restyle } from './restyle.ts';
import { missingKeys } from './template-keys.ts';
import { toDialect } from './test-dialect.ts';

/** Publishes `{ template, view }` for each template rendered: which branches were taken can be watched from outside. */
const rendered = channel('plop-pack-s2s:render');

const templatesUrl = new URL('../../templates/', import.meta.url);
const handlebars = createHandlebars();

/**
 * Renders a template below templates/ and rewrites it in the style of the service.
 * @throws Error when the template reads a key that the view lacks, also inside `#if` and `#each`.
 */
export function render(template: string, view: object, style: Style): string {
  return restyle(fill(template, view), style);
}

/** Like {@link render}, for a test file: put into the words of the service's test runner. */
export function renderTest(template: string, view: object, style: Style, testing: TestingFact): string {
  return restyle(toDialect(fill(template, view), testing), style);
}

function fill(template: string, view: object): string {
  const source = readFileSync(new URL(template, templatesUrl), 'utf8');
  const missing = missingKeys(source, view, partialSource);
  if (missing.length > 0) throw new Error(`${template} reads ${missing.join(', ')}, which its view lacks`);
  rendered.publish({ template, view });
  const compiled = handlebars.compile<object>(source, {
    strict: true,
    noEscape: true,
    knownHelpersOnly: true,
    preventIndent: false,
  });
  return compiled(view, { allowProtoPropertiesByDefault: false });
}

function createHandlebars(): typeof Handlebars {
  const own = Handlebars.create();
  for (const name of partialNames()) own.registerPartial(name, partialSource(name));
  return own;
}

function partialNames(): readonly string[] {
  const folder = fileURLToPath(new URL('_shared/', templatesUrl));
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.hbs'))
    .map((file) => file.slice(0, -'.hbs'.length));
}

function partialSource(name: string): string {
  return readFileSync(new URL(`_shared/${name}.hbs`, templatesUrl), 'utf8');
}
