import type { AppFact } from '../../model/app-facts.ts';
import { patternOfName } from '../../syntax/print.ts';
import { ts, walk } from '../../syntax/tree.ts';
import type { Creation } from './creations.ts';
import { exportOf } from '../../syntax/exports.ts';
import { type FunctionNode, hasModifier, memberOf, nameOf, receiverOf } from '../../syntax/expressions.ts';
import { findListenCalls, listensOnImport } from './entry.ts';
import type { Survey } from '../../program/survey.ts';
import { rootOf } from '../../syntax/uses.ts';

type Importable = NonNullable<AppFact['importable']>;
type Made = Creation & { readonly binding: string };

/** How the instance is put together, by where it is made and what becomes of it. */
export function creationKind(creation: Made): AppFact['kind'] {
  if (creation.at === 'class') return 'class';
  if (creation.at === 'module') return 'singleton';
  const { binding, owner } = creation;
  const isFactory =
    owner !== undefined && returns(owner, binding) !== undefined && !listensItself(owner, binding);
  return isFactory ? 'factory' : 'main';
}

/** How a test gets at the instance without listening; undefined when it cannot. */
export function importableOf(survey: Survey, creation: Made): Importable | undefined {
  const { binding, file, owner } = creation;
  const tree = survey.tree(file);
  const kind = creationKind(creation);
  if (listensOnImport(tree)) return undefined;
  if (kind === 'singleton') {
    const exported = exportOf(tree, binding);
    return exported === undefined
      ? undefined
      : { ...exported, shape: 'instance', async: false, requiredParameters: [] };
  }
  if (kind !== 'factory' || owner === undefined || returns(owner, binding) !== 'instance') return undefined;
  const exported = functionExport(tree, owner);
  if (exported === undefined) return undefined;
  return {
    ...exported,
    shape: 'factory',
    async: isAsync(owner),
    requiredParameters: requiredParameters(owner),
  };
}

/** How a file exports a function; a default export without a name goes by `buildApp`. */
export function functionExport(
  tree: ts.SourceFile,
  node: FunctionNode,
): Pick<Importable, 'name' | 'export'> | undefined {
  const name = nameOf(node);
  if (name !== undefined) return exportOf(tree, name);
  const isDefault = ts.isExportAssignment(node.parent) || hasModifier(node, ts.SyntaxKind.DefaultKeyword);
  return isDefault ? { name: 'buildApp', export: 'default' } : undefined;
}

export function isAsync(node: FunctionNode): boolean {
  return (
    hasModifier(node, ts.SyntaxKind.AsyncKeyword) || (node.type?.getText().startsWith('Promise') ?? false)
  );
}

function requiredParameters({ parameters }: FunctionNode): readonly string[] {
  return parameters
    .filter(
      ({ dotDotDotToken, initializer, questionToken }) =>
        (dotDotDotToken ?? initializer ?? questionToken) === undefined,
    )
    .map((parameter) => parameter.getText());
}

/** Whether a function gives its instance back, alone or in an object. */
function returns(owner: FunctionNode, binding: string): 'instance' | 'wrapped' | undefined {
  let found: 'instance' | 'wrapped' | undefined;
  walk(owner, (node) => {
    if (node !== owner && ts.isFunctionLike(node)) return false;
    if (!ts.isReturnStatement(node) || node.expression === undefined) return true;
    if (rootOf(node.expression) === binding) found = 'instance';
    else if (
      ts.isObjectLiteralExpression(node.expression) &&
      patternOfName(binding).test(node.expression.getText())
    )
      found ??= 'wrapped';
    return true;
  });
  return found;
}

function listensItself(owner: FunctionNode, binding: string): boolean {
  return findListenCalls(owner).some(({ expression }) => {
    const receiver = receiverOf(expression);
    return memberOf(expression) === 'listen' && receiver !== undefined && rootOf(receiver) === binding;
  });
}
