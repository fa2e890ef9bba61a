type Node = hbs.AST.Node;

/**
 * Keys that a template reads and its view lacks, as paths from the view. Handlebars' strict mode lets a missing
 * key pass inside `#if` and `#each`; this looks at every branch, taken or not.
 */
export function missingKeys(
  template: hbs.AST.Program,
  view: object,
  partial: (name: string) => hbs.AST.Program,
): readonly string[] {
  const missing = new Set<string>();
  check(template, [view], { partial, missing });
  return [...missing];
}

interface Search {
  readonly partial: (name: string) => hbs.AST.Program;
  readonly missing: Set<string>;
}

/** `scopes` ends with the innermost view; an unknown one (the element of an empty list) is undefined. */
type Scopes = readonly unknown[];

function check(program: hbs.AST.Program, scopes: Scopes, search: Search): void {
  for (const statement of program.body) checkStatement(statement, scopes, search);
}

function checkStatement(statement: hbs.AST.Statement, scopes: Scopes, search: Search): void {
  if (isMustache(statement)) {
    look(statement.path, scopes, search);
  } else if (isBlock(statement)) {
    checkBlock(statement, scopes, search);
  } else if (isPartial(statement) && isPath(statement.name)) {
    check(search.partial(statement.name.original), scopes, search);
  } else if (!isContent(statement) && statement.type !== 'CommentStatement') {
    throw new Error(`templates may not use ${statement.type}`);
  }
}

function checkBlock(block: hbs.AST.BlockStatement, scopes: Scopes, search: Search): void {
  const [subject] = block.params;
  if (subject === undefined) throw new Error(`#${block.path.original} without a subject`);
  const value = look(subject, scopes, search);
  const inner = block.path.original === 'each' && Array.isArray(value) ? [...scopes, value[0]] : scopes;
  const unknown = block.path.original === 'each' && !(Array.isArray(value) && value.length > 0);
  check(block.program, unknown ? [...scopes, undefined] : inner, search);
  const inverse = inverseOf(block);
  if (inverse !== undefined) check(inverse, scopes, search);
}

/** The value that a path reads; notes the path when the view has no such key. */
function look(node: Node, scopes: Scopes, search: Search): unknown {
  if (!isPath(node) || node.data) return undefined;
  const scope = scopes[scopes.length - 1 - node.depth];
  let value = scope;
  for (const part of node.parts) {
    if (value === undefined && scopes.length > 1) return undefined;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      search.missing.add(node.original);
      return undefined;
    }
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}

/** Handlebars leaves `inverse` out when there is no `{{else}}`, whatever its types say. */
function inverseOf(block: hbs.AST.BlockStatement): hbs.AST.Program | undefined {
  return block.inverse;
}

function isContent(node: Node): node is hbs.AST.ContentStatement {
  return node.type === 'ContentStatement';
}

function isMustache(node: Node): node is hbs.AST.MustacheStatement {
  return node.type === 'MustacheStatement';
}

function isBlock(node: Node): node is hbs.AST.BlockStatement {
  return node.type === 'BlockStatement';
}

function isPartial(node: Node): node is hbs.AST.PartialStatement {
  return node.type === 'PartialStatement';
}

function isPath(node: Node): node is hbs.AST.PathExpression {
  return node.type === 'PathExpression';
}

/** The helper that prints a value for its place in generated TypeScript; code is printed by whoever says it. */
export const printers: Readonly<Record<Exclude<Place, 'code'>, string>> = {
  single: 'inSingle',
  double: 'inDouble',
  template: 'inTemplate',
  comment: 'inComment',
  line: 'inComment',
  key: 'asKey',
};

/**
 * Has every `{{value}}` of a template printed for the place that it stands in: `'{{path}}'` in a string, `{{path}}` in
 * a comment. Changes the program.
 * @throws Error when the two sides of a condition end in different places: which one follows could not be told then.
 */
export function printByPlace(program: hbs.AST.Program, template: string): void {
  const end = visit(program, start, template);
  if (end.place !== 'code' && end.place !== 'line') throw new Error(`${template} ends in a ${end.place}`);
}

function visit({ body }: hbs.AST.Program, from: Reading, template: string): Reading {
  let reading = from;
  for (const [index, statement] of body.entries()) {
    if (isContent(statement)) {
      reading = readPlaces(reading, statement.value);
    } else if (isMustache(statement)) {
      const isKey = reading.place === 'code' && standsAsKey(reading, body[index + 1]);
      const place = isKey ? 'key' : reading.place;
      if (place !== 'code') print(statement, printers[place]);
      reading = { ...reading, before: 'x' };
    } else if (isBlock(statement)) {
      reading = visitBlock(statement, reading, template);
    }
  }
  return reading;
}

function visitBlock(block: hbs.AST.BlockStatement, from: Reading, template: string): Reading {
  const end = visit(block.program, from, template);
  const inverse = inverseOf(block);
  const other = inverse === undefined ? from : visit(inverse, from, template);
  // A comment of one line ends with the line, on whichever side.
  const isSame = end.place === other.place && end.holes.join() === other.holes.join();
  if (!isSame) {
    const line = String(block.loc.start.line);
    throw new Error(
      `${template}:${line} ends in a ${end.place} on one side and in a ${other.place} on the other`,
    );
  }
  return end;
}

/** `{ {{name}}: 1 }` */
function standsAsKey({ before }: Reading, next: hbs.AST.Statement | undefined): boolean {
  const after = next !== undefined && isContent(next) ? next.value : '';
  return /^[{,]$/.test(before) && after.startsWith(':');
}

/** `{{path}}` → `{{inSingle path}}` */
function print(mustache: hbs.AST.MustacheStatement, helper: string): void {
  const value = mustache.path as hbs.AST.PathExpression;
  const { loc } = mustache;
  mustache.params = [value];
  mustache.path = {
    type: 'PathExpression',
    data: false,
    depth: 0,
    parts: [helper],
    original: helper,
    loc,
  };
}

/** Where a character of TypeScript stands. */
type Place = 'code' | 'single' | 'double' | 'template' | 'comment' | 'line' | 'key';

/** How far a text was read: `holes` are the braces that are open in each `${` around, `before` the last sign of code. */
interface Reading {
  readonly place: Place;
  readonly holes: readonly number[];
  readonly before: string;
}

const start: Reading = { place: 'code', holes: [], before: '' };

/** What can stand before a regular expression; after anything else a slash divides. */
const beforePattern = /^[(,=:[!&|?{};+]?$/;
const ends: Readonly<Partial<Record<Place, string>>> = {
  single: "'",
  double: '"',
  template: '`',
  comment: '*/',
  line: '\n',
};

/** Reads on: the place in which the text ends. It is text of our own templates, which parse. */
function readPlaces(from: Reading, text: string): Reading {
  let reading = from;
  for (let at = 0; at < text.length;) {
    const [next, length] = reading.place === 'code' ? inCode(reading, text, at) : inside(reading, text, at);
    reading = next;
    at += length;
  }
  return reading;
}

type Step = readonly [Reading, number];

function inCode(reading: Reading, text: string, at: number): Step {
  const sign = text.charAt(at);
  if (text.startsWith('//', at)) return [{ ...reading, place: 'line' }, 2];
  if (text.startsWith('/*', at)) return [{ ...reading, place: 'comment' }, 2];
  if (sign === '/' && beforePattern.test(reading.before))
    return [{ ...reading, before: '/' }, patternLength(text, at)];
  if (sign === "'") return [{ ...reading, place: 'single' }, 1];
  if (sign === '"') return [{ ...reading, place: 'double' }, 1];
  if (sign === '`') return [{ ...reading, place: 'template' }, 1];
  if (/\s/.test(sign)) return [reading, 1];
  if (sign !== '{' && sign !== '}') return [{ ...reading, before: sign }, 1];
  return [braced(reading, sign), 1];
}

/** The last brace of a hole leads back into its template literal. */
function braced(reading: Reading, sign: string): Reading {
  const open = reading.holes.at(-1);
  if (open === undefined) return { ...reading, before: sign };
  const outer = reading.holes.slice(0, -1);
  if (sign === '}' && open === 0) return { place: 'template', holes: outer, before: sign };
  return { ...reading, holes: [...outer, open + (sign === '{' ? 1 : -1)], before: sign };
}

function inside(reading: Reading, text: string, at: number): Step {
  const { holes, place } = reading;
  const isComment = place === 'comment' || place === 'line';
  if (!isComment && text.charAt(at) === '\\') return [reading, 2];
  if (place === 'template' && text.startsWith('${', at))
    return [{ place: 'code', holes: [...holes, 0], before: '{' }, 2];
  const end = ends[place] ?? '';
  if (!text.startsWith(end, at)) return [reading, 1];
  return [{ ...reading, place: 'code', before: isComment ? reading.before : end }, end.length];
}

function patternLength(text: string, at: number): number {
  let isClass = false;
  for (let next = at + 1; next < text.length; next += 1) {
    const sign = text.charAt(next);
    if (sign === '\\') next += 1;
    else if (sign === '[') isClass = true;
    else if (sign === ']') isClass = false;
    else if (sign === '\n' || (sign === '/' && !isClass)) return next + 1 - at;
  }
  return text.length - at;
}
