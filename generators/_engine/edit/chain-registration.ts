import type { Style } from '../model/code-facts.ts';
import type { TextChange } from '../model/text-change.ts';
import type { RegistrationWant } from '../model/wants.ts';
import { ts, walk } from '../syntax/tree.ts';
import { classifyUse, comesFirst } from './registration-uses.ts';
import { eolAt, indentAt, insertion, lineEnd, sameLine } from './text-lines.ts';

/**
 * Adds a call to the chain on an instance without a name, `fastify(options).register(a).get(…)`: after the last
 * sibling, or after the last plugin before the routes. Undefined when there is no such chain.
 */
export function registerInChain(
  source: ts.SourceFile,
  want: RegistrationWant,
  call: string,
  style: Style,
): TextChange | undefined {
  const [root, ...members] = findChain(source, want);
  if (root === undefined) return undefined;
  const named = { ...want, app: { ...want.app, binding: root.getText(source) } };
  const kinds = members.map((member) => classifyUse(member, named));
  const needed = members.findLastIndex((member) => comesFirst(member, want));
  const limit = kinds.findIndex(
    (kind, index) => index > needed && (kind === 'end' || (kind === 'route' && want.position !== 'routes')),
  );
  const reached = kinds.slice(0, limit < 0 ? kinds.length : limit);
  const route = want.position === 'routes' ? reached.lastIndexOf('route') : -1;
  const sibling = route >= 0 ? route : Math.max(needed, reached.lastIndexOf('plugin'));
  const anchor = members[sibling >= 0 ? sibling : reached.length - 1] ?? root;
  return insertAfter(source, anchor, `.${call}`, style);
}

/** The call that makes the instance and the longest chain on it, from the inside out; [] without one. */
function findChain(source: ts.SourceFile, { app }: RegistrationWant): readonly ts.CallExpression[] {
  let longest: readonly ts.CallExpression[] = [];
  walk(source, (node) => {
    if (!ts.isCallExpression(node) || `${node.expression.getText(source)}()` !== app.binding)
      return undefined;
    const chain = chainOn(node);
    if (chain.length > 1 && chain.length > longest.length) longest = chain;
    return undefined;
  });
  return longest;
}

function chainOn(call: ts.CallExpression): readonly ts.CallExpression[] {
  const { parent } = call;
  const isLink = ts.isPropertyAccessExpression(parent) && ts.isCallExpression(parent.parent);
  return isLink && parent.parent.expression === parent ? [call, ...chainOn(parent.parent)] : [call];
}

/** On a line of its own where the chain has one a call, past a comment at the end of the line. */
function insertAfter(
  source: ts.SourceFile,
  anchor: ts.CallExpression,
  text: string,
  style: Style,
): TextChange {
  const { text: base } = source;
  const { expression, parent } = anchor;
  const end = anchor.getEnd();
  const link = ts.isPropertyAccessExpression(parent) ? parent : expression;
  const dot = ts.isPropertyAccessExpression(link) ? link.name.getStart(source) : end;
  if (ts.isPropertyAccessExpression(link) && sameLine(source, link.expression.getEnd(), dot)) {
    return insertion(end, text);
  }
  const eol = eolAt(base, end, style.eol);
  const at = parent === link ? lineEnd(base, end) : end;
  return insertion(at, `${eol}${indentAt(base, dot)}${text}`);
}
