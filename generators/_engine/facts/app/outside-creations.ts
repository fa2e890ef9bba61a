import type { RelPath } from '../../model/paths.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { type Creation, creationOf } from './creations.ts';
import { isFunctionNode, unwrap } from '../../syntax/expressions.ts';
import { importsOf } from '../../syntax/imports.ts';
import { findPluginFunction } from '../../program/plugin-functions.ts';
import type { Survey } from '../../program/survey.ts';
import { findUses, type Use } from '../../syntax/uses.ts';

/**
 * Where a service takes its instance from code that is not its own: `const app = await createServer()` of a package of
 * the workspace, `const { app } = …`, `new Server()` with the instance in a field. What is taken is an instance when the
 * service's own plugins, by their types, are registered on it.
 */
export function findOutsideCreations(survey: Survey): readonly Creation[] {
  return survey
    .mentioning(/\b(const|let)\b/)
    .flatMap((file) => callsFromOutside(survey, file).flatMap((call) => instancesOf(survey, call, file)));
}

/** Calls of what a package exports, whose results get a name. */
export function callsFromOutside(
  survey: Survey,
  file: RelPath,
): readonly (ts.CallExpression | ts.NewExpression)[] {
  const tree = survey.tree(file);
  const foreign = new Set(
    [...importsOf(tree)].flatMap(([name, { from }]) =>
      survey.names.module(file, from) === undefined && from !== 'fastify' ? [name] : [],
    ),
  );
  const calls: (ts.CallExpression | ts.NewExpression)[] = [];
  walk(tree, (node) => {
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && foreign.has(node.expression.getText()))
      calls.push(node);
    return true;
  });
  return calls;
}

function instancesOf(
  survey: Survey,
  call: ts.CallExpression | ts.NewExpression,
  file: RelPath,
): readonly Creation[] {
  const creation = creationOf(file, call);
  const declaration = ts.findAncestor(call, ts.isVariableDeclaration);
  if (declaration?.initializer === undefined || unwrap(declaration.initializer) !== call) return [];
  const names = namesIn(declaration, creation.scope);
  return names
    .filter((name) => findUses(creation.scope, [name]).some((use) => takesInstance(survey, use, file)))
    .slice(0, 1)
    .map((binding) => ({ ...creation, binding }));
}

/** `app`; its fields that are used, `server.fastify`; each name of `{ app, start }`. */
function namesIn({ name }: ts.VariableDeclaration, scope: ts.Node): readonly string[] {
  if (ts.isObjectBindingPattern(name))
    return name.elements.flatMap((one) => (ts.isIdentifier(one.name) ? [one.name.text] : []));
  if (!ts.isIdentifier(name)) return [];
  const fields = new Set<string>();
  walk(scope, (node) => {
    if (ts.isPropertyAccessExpression(node) && node.expression.getText() === name.text)
      fields.add(node.getText());
    return true;
  });
  return [name.text, ...fields];
}

/** Whether a use hands the value to a function of the service that wants a Fastify instance. */
function takesInstance(survey: Survey, { binding, call, kind }: Use, file: RelPath): boolean {
  const [plugin] = call.arguments;
  if (kind === 'route') return false;
  if (kind === 'register') {
    const found = plugin === undefined ? undefined : findPluginFunction(survey, plugin, file);
    return found !== undefined && (found.shared || wantsInstance(found.node, 0));
  }
  const found = survey.names.value(call.expression, file);
  const index = call.arguments.findIndex((argument) => unwrap(argument).getText() === binding);
  return found !== undefined && isFunctionNode(found.node) && wantsInstance(found.node, index);
}

/** By the type of its parameter, or of the variable that holds the function. */
export function wantsInstance(node: ts.SignatureDeclaration, index: number): boolean {
  const own = node.parameters[index]?.type?.getText() ?? '';
  const whole = ts.isVariableDeclaration(node.parent) ? (node.parent.type?.getText() ?? '') : '';
  return /Fastify\w*Instance|FastifyInstance/.test(own) || /^Fastify\w*Plugin|^FastifyPlugin/.test(whole);
}
