import { subscribe } from 'node:diagnostics_channel';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

import Handlebars from 'handlebars';

import { projectRoot } from './project-root.ts';

const templates = join(projectRoot, 'templates');

/** A conditional block by its place, `add-s2s/x.ts.hbs:12 #if retry`, with the sides that were taken. */
type Taken = Map<string, Set<boolean>>;

interface Rendered {
  readonly template: string;
  readonly view: object;
}

/**
 * Watches every template that is rendered from now on. The result lists, for the templates below `templates/`, the
 * `#if` and `#unless` blocks of which one side was never taken, and the templates that were never rendered.
 */
export function watchTemplateBranches(): () => readonly string[] {
  const taken: Taken = new Map();
  const seen = new Set<string>();
  subscribe('plop-pack-s2s:render', (message) => {
    const { template, view } = message as Rendered;
    visitTemplate(template, [view], taken, seen);
  });
  return () => [...neverRendered(seen), ...halfTaken(taken)].sort();
}

/** The sides of conditions that a view takes in a template and its partials: `add-s2s/x.ts.hbs:12 #if retry true`. */
export function sidesOf(template: string, view: object): ReadonlySet<string> {
  const taken: Taken = new Map();
  visitTemplate(template, [view], taken, new Set());
  const sides = [...taken].filter(([place]) => !place.includes(' @'));
  return new Set(sides.flatMap(([place, values]) => [...values].map((value) => `${place} ${String(value)}`)));
}

function visitTemplate(template: string, scopes: readonly unknown[], taken: Taken, seen: Set<string>): void {
  seen.add(template);
  const { body } = Handlebars.parse(readFileSync(join(templates, template), 'utf8'));
  visit(body, scopes, (statement, inner) => {
    if (statement.type === 'PartialStatement') {
      const { original } = (statement as hbs.AST.PartialStatement).name as hbs.AST.PathExpression;
      visitTemplate(`_shared/${original}.hbs`, inner, taken, seen);
    } else {
      const block = statement as hbs.AST.BlockStatement;
      const place = `${template}:${String(block.loc.start.line)} #${nameOf(block)} ${argumentOf(block).original}`;
      const sides = taken.get(place) ?? new Set<boolean>();
      taken.set(place, sides.add(isTruthy(valueOf(argumentOf(block), inner))));
    }
  });
}

type Visitor = (statement: hbs.AST.Statement, scopes: readonly unknown[]) => void;

/** Goes where the renderer would go; calls back for conditions and partials. */
function visit(body: readonly hbs.AST.Statement[], scopes: readonly unknown[], found: Visitor): void {
  for (const statement of body) {
    if (statement.type === 'PartialStatement') found(statement, scopes);
    if (statement.type !== 'BlockStatement') continue;
    const block = statement as hbs.AST.BlockStatement;
    const value = valueOf(argumentOf(block), scopes);
    // Its type says that it is always there.
    const inverse = (block as { inverse?: hbs.AST.Program }).inverse?.body ?? [];
    if (nameOf(block) === 'each') {
      const items = Array.isArray(value) ? value : Object.values(value ?? {});
      for (const item of items) visit(block.program.body, [...scopes, item], found);
      if (items.length === 0) visit(inverse, scopes, found);
    } else {
      found(block, scopes);
      const positive = isTruthy(value) === (nameOf(block) === 'if');
      visit(positive ? block.program.body : inverse, scopes, found);
    }
  }
}

function nameOf(block: hbs.AST.BlockStatement): string {
  return block.path.original;
}

function argumentOf(block: hbs.AST.BlockStatement): hbs.AST.PathExpression {
  return block.params[0] as hbs.AST.PathExpression;
}

function valueOf(
  { data, depth, original, parts }: hbs.AST.PathExpression,
  scopes: readonly unknown[],
): unknown {
  // Of `@first`, `@last` and the like both values count as taken: they depend on a place, not on a view.
  if (data) return original;
  const scope = scopes[scopes.length - 1 - depth];
  return parts.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], scope);
}

function isTruthy(value: unknown): boolean {
  return Boolean(value) && !Handlebars.Utils.isEmpty(value);
}

function halfTaken(taken: Taken): readonly string[] {
  const half = [...taken].filter(([place, sides]) => sides.size < 2 && !place.includes(' @'));
  return half.map(([place, sides]) => `${place} is always ${String([...sides][0])}`);
}

function neverRendered(seen: ReadonlySet<string>): readonly string[] {
  if (!existsSync(templates)) return ['there are no templates'];
  const all = readdirSync(templates, { recursive: true, encoding: 'utf8' }).map((path) =>
    path.split(sep).join('/'),
  );
  const unseen = all.filter((path) => path.endsWith('.hbs') && !seen.has(path));
  return unseen.map((template) => `${template} is never rendered`);
}
