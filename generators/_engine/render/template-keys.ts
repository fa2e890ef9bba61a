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
  } else if (statement.type !== 'ContentStatement' && statement.type !== 'CommentStatement') {
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
  // Handlebars leaves `inverse` out when there is no {{else}}, whatever its types say.
  if ((block.inverse as hbs.AST.Program | undefined) !== undefined) check(block.inverse, scopes, search);
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
