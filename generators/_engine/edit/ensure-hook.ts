import type { Style } from '../model/code-facts.ts';
import type { Obstacle, ObstacleCode } from '../model/obstacle.ts';
import type { TextChange } from '../model/text-change.ts';
import type { HookWant } from '../model/wants.ts';
import { isDirective } from '../syntax/imports.ts';
import { restyle } from '../render/restyle.ts';
import { lineOf, parseSource, ts } from '../syntax/tree.ts';
import { tokensOf } from '../syntax/tokens.ts';
import { findPluginFunction } from './plugin-function.ts';
import { eolAt, indentAt, insertion, lineEnd, sameLine, statementLineEnd } from './text-lines.ts';

/**
 * Puts a statement first in the body of a plugin function. [] when the body has it. Obstacles: E_NO_SUCH_PLUGIN when
 * there is no such function with a body and a name for the instance; E_NOT_ENCAPSULATED when fastify-plugin wraps it,
 * because the hook would then guard its siblings too.
 */
export function ensureHook(base: string, want: HookWant, style: Style): readonly TextChange[] | Obstacle {
  const source = parseSource('plugin.ts', base);
  const found = findPluginFunction(source, want.plugin);
  const line = found === undefined ? undefined : lineOf(source, found.node.getStart(source));
  if (found === undefined) return obstacle('E_NO_SUCH_PLUGIN', want, undefined, 'was not found in this file');
  if (found.kind === 'wrapped') {
    return obstacle(
      'E_NOT_ENCAPSULATED',
      want,
      line,
      'is wrapped by fastify-plugin, so a hook in it would guard its siblings too',
    );
  }
  if (found.kind === 'unclear')
    return obstacle('E_NO_SUCH_PLUGIN', want, line, 'is made by a call that is not understood');
  const { body, parameters } = found.node;
  const [instance] = parameters;
  if (instance === undefined || !ts.isIdentifier(instance.name)) {
    return obstacle('E_NO_SUCH_PLUGIN', want, line, 'has no parameter that names the instance');
  }
  if (body === undefined || !ts.isBlock(body))
    return obstacle('E_NO_SUCH_PLUGIN', want, line, 'has no body in braces');
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

function obstacle(code: ObstacleCode, want: HookWant, line: number | undefined, reason: string): Obstacle {
  const name = want.plugin === 'default' ? 'The default export' : want.plugin;
  return {
    code,
    message: `${name}${line === undefined ? '' : ` (line ${String(line)})`} ${reason}.`,
    remedy: 'Guard these routes by hand, or leave them out of --protect.',
    manual: want.statement.replaceAll('{{app}}', 'app'),
  };
}
