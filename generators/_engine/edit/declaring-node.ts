import type { RegistrationWant } from '../model/wants.ts';
import { nameOf } from '../syntax/expressions.ts';
import { ts, walk } from '../syntax/tree.ts';

/** The function or file that has the instance as its own: made there, or taken as a parameter. */
export function declaringNode(source: ts.SourceFile, want: RegistrationWant): ts.Node | undefined {
  const found: { node: ts.Node; isMade: boolean; isTopLevel: boolean; isPlugin: boolean }[] = [];
  walk(source, (node) => {
    if (!declares(node, want.app.binding)) return undefined;
    const owner = ts.findAncestor(node.parent, (each) => ts.isFunctionLike(each) || ts.isSourceFile(each));
    if (owner === undefined) return undefined;
    const isTopLevel = ts.isSourceFile(owner);
    const isPlugin = ts.isParameter(node) && ts.isFunctionLike(owner) && owner.parameters[0] === node;
    found.push({
      node: blockOf(node) ?? owner,
      // `build(app = fastify())` makes it too, unless it is given.
      isMade: !ts.isParameter(node) || node.initializer !== undefined,
      isTopLevel,
      isPlugin:
        want.order?.owner === undefined ? isPlugin && isOutermost(owner) : nameOf(owner) === want.order.owner,
    });
    return undefined;
  });
  const wanted = found.find(({ isMade, isTopLevel, isPlugin }) => {
    if (want.app.kind === 'plugin') return isPlugin;
    return want.app.kind === 'singleton' ? isMade && isTopLevel : isMade && !isTopLevel;
  });
  return (wanted ?? found.find(({ isMade }) => isMade) ?? found.find(({ isPlugin }) => isPlugin))?.node;
}

/** `if (isMain) { const app = fastify(); … }`: the block that has it for itself. */
function blockOf(node: ts.Node): ts.Block | undefined {
  const list = ts.isVariableDeclaration(node) ? node.parent : undefined;
  const block = list?.parent.parent;
  const isScoped = list !== undefined && (list.flags & ts.NodeFlags.BlockScoped) !== 0;
  return isScoped && block !== undefined && ts.isBlock(block) && !ts.isFunctionLike(block.parent)
    ? block
    : undefined;
}

/** `app`, `{ app }` and, for `server.fastify`, `server`; an import as well. */
function declares(node: ts.Node, binding: string): node is ts.NamedDeclaration {
  const isOne =
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    (ts.isBindingElement(node) && !ts.isParameter(node.parent.parent)) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node);
  return isOne && node.name?.getText() === binding.split('.')[0];
}

function isOutermost(owner: ts.Node): boolean {
  return ts.findAncestor(owner.parent, (each) => ts.isFunctionLike(each)) === undefined;
}
