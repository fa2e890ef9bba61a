import type { Style } from '../model/code-facts.ts';
import { type ObstacleCode, RefusalError } from '../model/obstacle.ts';
import type { TextChange } from '../model/text-change.ts';
import type { HookWant } from '../model/wants.ts';
import { isDirective } from '../syntax/imports.ts';
import { restyle } from '../render/restyle.ts';
import { lineOf, parseSource, ts } from '../syntax/tree.ts';
import { tokensOf } from '../syntax/tokens.ts';
import { eolAt, indentAt, insertion, lineEnd, sameLine, statementLineEnd } from './text-lines.ts';

/**
 * Puts a statement first in the body of a plugin function. [] when the body has it.
 * @throws RefusalError E_NO_SUCH_PLUGIN when there is no such function with a body and a name for the instance;
 * E_NOT_ENCAPSULATED when fastify-plugin wraps it, because the hook would then guard its siblings too.
 */
export function ensureHook(base: string, want: HookWant, style: Style): readonly TextChange[] {
  const source = parseSource('plugin.ts', base);
  const found = findPluginFunction(source, want.plugin);
  const line = found === undefined ? undefined : lineOf(source, found.node.getStart(source));
  if (found === undefined) throw refusal('E_NO_SUCH_PLUGIN', want, undefined, 'was not found in this file');
  if (found.kind === 'wrapped') {
    throw refusal(
      'E_NOT_ENCAPSULATED',
      want,
      line,
      'is wrapped by fastify-plugin, so a hook in it would also guard its siblings',
    );
  }
  if (found.kind === 'unclear')
    throw refusal('E_NO_SUCH_PLUGIN', want, line, 'is created by a call that cannot be analysed');
  const { body, parameters } = found.node;
  const [instance] = parameters;
  if (instance === undefined || !ts.isIdentifier(instance.name)) {
    throw refusal('E_NO_SUCH_PLUGIN', want, line, 'has no parameter for the instance');
  }
  if (body === undefined || !ts.isBlock(body))
    throw refusal('E_NO_SUCH_PLUGIN', want, line, 'has no block body');
  const statement = want.statement.replaceAll('{{app}}', instance.name.text);
  return hasStatement(source, body, statement)
    ? []
    : [insertFirst(source, body, styled(statement, style), style)];
}

function styled(statement: string, style: Style): string {
  return restyle(statement, { ...style, eol: '\n', finalNewline: false });
}

function hasStatement(source: ts.SourceFile, body: ts.Block, statement: string): boolean {
  const wanted = meaning(parseSource('hook.ts', statement));
  return body.statements.some((each) => meaning(each, source) === wanted);
}

/** Tokens alone: comments, quotes, semicolons and trailing commas say nothing here. */
function meaning(node: ts.Node, source?: ts.SourceFile): string {
  const texts = tokensOf(node, source).map(({ text }) => text);
  const kept = texts.filter((text) => text !== ';' && !/^\/[/*]/.test(text));
  return kept
    .map((text) => text.replace(/^["'](.*)["']$/s, '"$1"'))
    .join(' ')
    .replace(/ , ([)\]}])/g, ' $1');
}

function insertFirst(source: ts.SourceFile, body: ts.Block, statement: string, style: Style): TextChange {
  const { text } = source;
  const directives = body.statements.filter(isDirective);
  const first = body.statements[directives.length];
  const open = body.getStart(source) + 1;
  const last = directives.at(-1);
  const anchor = last?.getEnd() ?? open;
  const eol = eolAt(text, anchor, style.eol);
  const outer = indentAt(text, body.getEnd() - 1);
  if (first !== undefined && sameLine(source, anchor, first.getStart(source))) {
    const semicolon = statement.endsWith(';') ? '' : ';';
    return insertion(anchor, ` ${statement.replaceAll('\n', eol)}${semicolon}`);
  }
  const indent = first === undefined ? outer + style.indent : indentAt(text, first.getStart(source));
  const lines = `${eol}${indent}${statement.replaceAll('\n', eol + indent)}`;
  if (first === undefined && sameLine(source, anchor, body.getEnd()))
    return insertion(anchor, `${lines}${eol}${outer}`);
  const comments = ts.getTrailingCommentRanges(text, anchor);
  const end =
    last === undefined ? lineEnd(text, comments?.at(-1)?.end ?? anchor) : statementLineEnd(source, last);
  const isGlued = first !== undefined && !/^\r?\n[ \t]*\r?\n/.test(text.slice(end)) && !isHook(first);
  return insertion(end, isGlued ? lines + eol : lines);
}

function isHook(statement: ts.Statement): boolean {
  return /^[\w.#]+\.addHook\(/.test(statement.getText());
}

function refusal(code: ObstacleCode, want: HookWant, line: number | undefined, reason: string): RefusalError {
  const name = want.plugin === 'default' ? 'The default export' : want.plugin;
  return new RefusalError({
    code,
    message: `${name}${line === undefined ? '' : ` (line ${String(line)})`} ${reason}.`,
    remedy: 'Guard these routes by hand, or omit them from --protect.',
    manual: want.statement.replaceAll('{{app}}', 'app'),
  });
}

type PluginFunction = ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration;

/** What a plugin's name stands for: a function, a function wrapped by fastify-plugin, or something not understood. */
type FoundPlugin =
  | Readonly<{ kind: 'function'; node: PluginFunction }>
  | Readonly<{ kind: 'wrapped'; node: ts.Node }>
  | Readonly<{ kind: 'unclear'; node: ts.Node }>;

/** Finds a plugin function of a file by its name or as the default export; undefined when there is neither. */
function findPluginFunction(source: ts.SourceFile, name: string): FoundPlugin | undefined {
  const byName = name === 'default' ? undefined : declarationOf(source, exportedAs(source, name));
  // An importer may have given the default export a name of its own.
  const node = byName ?? defaultExport(source);
  return node === undefined ? undefined : resolvePlugin(source, node, 0);
}

/** `export { local as name }`. */
function exportedAs(source: ts.SourceFile, name: string): string {
  for (const statement of source.statements) {
    const clause = ts.isExportDeclaration(statement) ? statement.exportClause : undefined;
    if (clause === undefined || !ts.isNamedExports(clause)) continue;
    const found = clause.elements.find((each) => each.name.text === name);
    if (found?.propertyName !== undefined) return found.propertyName.text;
  }
  return name;
}

function declarationOf(source: ts.SourceFile, name: string): ts.Node | undefined {
  for (const statement of source.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === name && statement.body !== undefined)
      return statement;
    if (!ts.isVariableStatement(statement)) continue;
    const found = statement.declarationList.declarations.find((each) => each.name.getText(source) === name);
    if (found?.initializer !== undefined) return found.initializer;
  }
  return undefined;
}

function defaultExport(source: ts.SourceFile): ts.Node | undefined {
  for (const statement of source.statements) {
    if (ts.isExportAssignment(statement)) return statement.expression;
    const isDefault =
      ts.isFunctionDeclaration(statement) &&
      statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
    if (isDefault === true) return statement;
  }
  const alias = exportedAs(source, 'default');
  return alias === 'default' ? undefined : declarationOf(source, alias);
}

function resolvePlugin(source: ts.SourceFile, node: ts.Node, depth: number): FoundPlugin {
  if (depth > 8) return { kind: 'unclear', node };
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)) {
    return resolvePlugin(source, node.expression, depth + 1);
  }
  if (ts.isIdentifier(node)) {
    const target = declarationOf(source, node.text);
    return target === undefined ? { kind: 'unclear', node } : resolvePlugin(source, target, depth + 1);
  }
  if (ts.isCallExpression(node)) {
    return { kind: isFastifyPlugin(source, node.expression) ? 'wrapped' : 'unclear', node };
  }
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node) && !ts.isFunctionDeclaration(node)) {
    return { kind: 'unclear', node };
  }
  const inner = returnedFunction(node);
  return inner === undefined ? { kind: 'function', node } : resolvePlugin(source, inner, depth + 1);
}

/** A factory such as `(service) => async (app) => {…}`: the plugin is what it returns. */
function returnedFunction(node: PluginFunction): ts.Expression | undefined {
  const { body } = node;
  if (body === undefined) return undefined;
  const last = ts.isBlock(body) ? body.statements.at(-1) : undefined;
  const value = !ts.isBlock(body)
    ? body
    : last !== undefined && ts.isReturnStatement(last)
      ? last.expression
      : undefined;
  return value !== undefined && (ts.isArrowFunction(value) || ts.isFunctionExpression(value))
    ? value
    : undefined;
}

function isFastifyPlugin(source: ts.SourceFile, callee: ts.Expression): boolean {
  const name = callee.getText(source);
  return (
    /^(?:fp|fastifyPlugin)$/.test(name) ||
    source.statements.some(
      (each) =>
        ts.isImportDeclaration(each) &&
        ts.isStringLiteral(each.moduleSpecifier) &&
        each.moduleSpecifier.text === 'fastify-plugin' &&
        each.importClause?.name?.text === name,
    )
  );
}
