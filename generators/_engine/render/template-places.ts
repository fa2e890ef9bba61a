import { type Place, readPlaces, start } from './place-of-text.ts';

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

type Reading = typeof start;

function visit({ body }: hbs.AST.Program, from: Reading, template: string): Reading {
  let reading = from;
  for (const [index, statement] of body.entries()) {
    if (statement.type === 'ContentStatement') {
      reading = readPlaces(reading, (statement as hbs.AST.ContentStatement).value);
    } else if (statement.type === 'MustacheStatement') {
      const isKey = reading.place === 'code' && standsAsKey(reading, body[index + 1]);
      const place = isKey ? 'key' : reading.place;
      if (place !== 'code') print(statement as hbs.AST.MustacheStatement, printers[place]);
      reading = { ...reading, before: 'x' };
    } else if (statement.type === 'BlockStatement') {
      reading = visitBlock(statement as hbs.AST.BlockStatement, reading, template);
    }
  }
  return reading;
}

function visitBlock(block: hbs.AST.BlockStatement, from: Reading, template: string): Reading {
  const end = visit(block.program, from, template);
  // Handlebars leaves `inverse` out when there is no {{else}}, whatever its types say.
  const inverse = block.inverse as hbs.AST.Program | undefined;
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
  const after = next?.type === 'ContentStatement' ? (next as hbs.AST.ContentStatement).value : '';
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
