import { channel } from 'node:diagnostics_channel';

import Handlebars from 'handlebars';

import type { Style, TestingFact } from '../model/code-facts.ts';
import { runCache } from '../model/run-caches.ts';
import { printInComment, printInString, printInTemplate, printKey } from '../syntax/print.ts';
import { restyle } from './restyle.ts';
import { listTemplates, readTemplate } from './template-files.ts';
import { missingKeys, printByPlace, printers } from './template-program.ts';
import { toDialect } from './test-dialect.ts';

/** Publishes `{ template, view, text }` for each text rendered: where a file comes from can be watched from outside. */
const rendered = channel('plop-pack-s2s:render');

const compileOptions = {
  strict: true,
  noEscape: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries(Object.values(printers).map((name) => [name, true])),
  preventIndent: false,
};
const handlebars = createHandlebars();
/** One for each template of the pack. */
const loaded = new Map<string, Loaded>();
const modules = new Map<string, string>();

interface Loaded {
  readonly program: hbs.AST.Program;
  readonly compiled: HandlebarsTemplateDelegate<object>;
}

/**
 * Renders a template below templates/ and rewrites it in the style of the service.
 * @throws Error when the template reads a key that the view lacks, also inside `#if` and `#each`.
 */
export function render(template: string, view: object, style: Style): string {
  return published(template, view, restyle(fill(template, view), style));
}

/**
 * The specifier that a service writes for each relative import of a module below templates/; by `import x`, what it
 * writes for a default import of a package.
 */
export type Specifiers = Readonly<Record<string, string>>;

/**
 * Renders a module that is TypeScript as it stands in templates/: its imports are the only blanks.
 * @throws Error when a relative import has no specifier.
 */
export function renderModule(template: string, specifiers: Specifiers, style: Style): string {
  const source = loadModule(template).replace(
    /^import \w+(?= from '[^.])/gm,
    (clause) => specifiers[clause] ?? clause,
  );
  const text = source.replace(/(?<= from ')\.[^']+(?=';$)/gm, (relative) => {
    const specifier = specifiers[relative];
    if (specifier === undefined) throw new Error(`${template} imports ${relative}, which has no specifier`);
    return printInString(specifier, "'");
  });
  return published(template, specifiers, restyle(text, style));
}

function loadModule(template: string): string {
  const source = modules.get(template) ?? readTemplate(template);
  modules.set(template, source);
  return source;
}

/** Hundreds of services get the very same text: it is kept once. */
const texts = runCache<string, string>();

function published(template: string, view: object, text: string): string {
  const known = texts.get(text) ?? text;
  texts.set(known, known);
  rendered.publish({ template, view, text: known });
  return known;
}

/** Like {@link render}, for a test file: put into the words of the service's test runner. */
export function renderTest(template: string, view: object, style: Style, testing: TestingFact): string {
  return published(template, view, restyle(toDialect(fill(template, view), testing), style));
}

/** Renders a template that is no TypeScript: as it is. */
export function renderText(template: string, view: object): string {
  return published(template, view, fill(template, view));
}

function fill(template: string, view: object): string {
  const { program, compiled } = load(template);
  const missing = missingKeys(program, view, (name) => load(`_shared/${name}.hbs`).program);
  if (missing.length > 0) throw new Error(`${template} reads ${missing.join(', ')}, which its view lacks`);
  return compiled(view, { allowProtoPropertiesByDefault: false });
}

/** Reads and compiles a template, once. */
function load(template: string): Loaded {
  const known = loaded.get(template);
  if (known !== undefined) return known;
  const text = readTemplate(template);
  const program = Handlebars.parse(text);
  const compiled = handlebars.compile<object>(printing(template, text), compileOptions);
  const found = { program, compiled };
  loaded.set(template, found);
  return found;
}

function createHandlebars(): typeof Handlebars {
  const own = Handlebars.create();
  for (const file of listTemplates('_shared').filter((name) => name.endsWith('.hbs'))) {
    const text = readTemplate(`_shared/${file}`);
    const compiled = own.compile<object>(printing(`_shared/${file}`, text), compileOptions);
    own.registerPartial(file.slice(0, -'.hbs'.length), compiled);
  }
  own.registerHelper({
    [printers.single]: (value: unknown) => printInString(String(value), "'"),
    [printers.double]: (value: unknown) => printInString(String(value), '"'),
    [printers.template]: (value: unknown) => printInTemplate(String(value)),
    [printers.comment]: (value: unknown) => printInComment(String(value)),
    [printers.key]: (value: unknown) => printKey(String(value)),
  });
  return own;
}

/** The program of a template whose values are printed for the places that they stand in. */
function printing(template: string, text: string): hbs.AST.Program {
  const program = Handlebars.parse(text);
  if (isTypeScript(template)) printByPlace(program, template);
  return program;
}

/** Others are text that no value of a repository stands in, which a test holds. */
function isTypeScript(template: string): boolean {
  return template.endsWith('.ts.hbs') || template.startsWith('_shared/');
}
