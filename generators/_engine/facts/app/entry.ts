import type { AppFact } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { ts, walk } from '../../syntax/tree.ts';
import type { Instantiation } from './instantiations.ts';
import {
  type FunctionNode,
  hasModifier,
  memberOf,
  nameOf,
  propertyOf,
  receiverOf,
  returnsOf,
  unwrap,
} from '../../syntax/expressions.ts';
import { exportOf, findDeclaration, importsOf, specifiersOf } from '../../syntax/symbols.ts';
import { patternOfName } from '../../syntax/print.ts';
import type { Survey } from '../../program/survey.ts';
import { type EnvRead, readEnv } from '../../program/env-reads.ts';
import { callsIn, rootOf } from '../../syntax/calls.ts';

/**
 * The file that starts the service, and where its port comes from. `appFile` makes the instance, or takes it from the
 * call `outside` of a package, which may listen as well.
 */
export function findEntry(
  survey: Survey,
  appFile: RelPath,
  outside?: Instantiation['node'],
): Pick<AppFact, 'entry' | 'listen'> {
  const listening = findListeningFile(survey, appFile);
  if (listening === undefined) {
    if (outside === undefined) return { listen: {} };
    const isHere = runsAtLoad(survey.tree(appFile), (call) => call === outside);
    const entry = isHere ? appFile : (findCaller(survey, appFile) ?? appFile);
    return { entry, listen: listenOptions(survey, outside, appFile) };
  }
  const call = callsIn(survey.tree(listening), 'listen').find(({ arguments: given }) => given.length > 0);
  const listen = call === undefined ? {} : listenOptions(survey, call, listening);
  return { entry: findStarter(survey, listening) ?? listening, listen };
}

function findListeningFile(survey: Survey, appFile: RelPath): RelPath | undefined {
  const files = survey
    .filesMatching(/\.listen\s*\(/)
    .filter((file) => callsIn(survey.tree(file), 'listen').length > 0);
  const imports = (file: RelPath): boolean =>
    specifiersOf(survey.tree(file)).some((specifier) => survey.names.module(file, specifier) === appFile);
  const rank = (file: RelPath): number =>
    file === appFile ? 0 : imports(file) ? 1 : inScripts(survey, file) ? 2 : 3;
  return [...files].sort((a, b) => rank(a) - rank(b))[0];
}

/** Where the listening function is only exported: the file that calls it when it is loaded. */
function findStarter(survey: Survey, listening: RelPath): RelPath | undefined {
  if (listensOnImport(survey.tree(listening))) return undefined;
  const scripted = survey.files.filter((file) => file !== listening && inScripts(survey, file));
  return findCaller(survey, listening) ?? scripted.find((file) => reaches(survey, file, listening));
}

/** Whether a file imports the other, by way of a container for instance. */
function reaches(survey: Survey, from: RelPath, to: RelPath): boolean {
  const known = new Set([from]);
  for (const file of known) {
    for (const specifier of specifiersOf(survey.tree(file))) {
      const next = survey.names.module(file, specifier);
      if (next !== undefined) known.add(next);
    }
  }
  return known.has(to);
}

/** The file that calls, when it is loaded, what `callee` exports. */
function findCaller(survey: Survey, callee: RelPath): RelPath | undefined {
  const starters = survey.files.filter((file) => {
    if (file === callee) return false;
    const tree = survey.tree(file);
    const names = [...importsOf(tree)].flatMap(([name, { from }]) =>
      survey.names.module(file, from) === callee ? [name] : [],
    );
    return (
      names.length > 0 && runsAtLoad(tree, ({ expression }) => names.includes(sourceOf(expression) ?? ''))
    );
  });
  return [...starters].sort((a, b) => Number(inScripts(survey, b)) - Number(inScripts(survey, a)))[0];
}

/** The name that a call goes back to: `start()`, `new Server().start()`, `const server = new Server(); server.start()`. */
function sourceOf(callee: ts.Expression): string | undefined {
  const bare = unwrap(callee);
  const receiver = receiverOf(bare);
  if (receiver !== undefined) return sourceOf(receiver);
  if (ts.isNewExpression(bare) || ts.isCallExpression(bare)) return sourceOf(bare.expression);
  if (!ts.isIdentifier(bare)) return undefined;
  const declaration = findDeclaration(bare, bare.text);
  const made =
    declaration !== undefined && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  return made === undefined ? bare.text : sourceOf(made);
}

function inScripts({ head: { dir, manifest } }: Survey, file: RelPath): boolean {
  const below = file.slice(dir === '' ? 0 : dir.length + 1);
  const built = below.replace(/^src\//, 'dist/').replace(/\.([cm]?)ts$/, '.$1js');
  return Object.values(manifest.scripts).some((script) => script.includes(below) || script.includes(built));
}

/** Which variables and defaults a call that listens takes its port and host from; `{}` when it has none. */
function listenOptions(
  survey: Survey,
  { arguments: given }: Pick<ts.NewExpression, 'arguments'>,
  file: RelPath,
): AppFact['listen'] {
  const [first, second] = given ?? [];
  if (first === undefined) return {};
  const options = survey.names.objectOf(first, file);
  const place = options?.file ?? file;
  const port = options === undefined ? first : propertyOf(options.node, 'port');
  const host = options === undefined ? second : propertyOf(options.node, 'host');
  const portRead: EnvRead = port === undefined ? {} : readEnv(survey, port, place);
  const hostRead: EnvRead = host === undefined ? {} : readEnv(survey, host, place);
  const defaultPort = Number(portRead.fallback ?? NaN);
  return {
    ...(portRead.env !== undefined && { portEnv: portRead.env }),
    ...(Number.isInteger(defaultPort) && { defaultPort }),
    ...(hostRead.env !== undefined && { hostEnv: hostRead.env }),
  };
}

/**
 * Whether loading a file starts to listen: by itself or through functions and classes of the same file that it calls.
 * Code below `if (require.main === module)` and the like does not count.
 */
function listensOnImport(tree: ts.SourceFile): boolean {
  return runsAtLoad(tree, (call) => memberOf(call.expression) === 'listen');
}

/** Whether loading a file makes a call that `isWanted` accepts, functions of the same file included. */
function runsAtLoad(tree: ts.SourceFile, isWanted: (call: ts.CallExpression) => boolean): boolean {
  const seen = new Set<ts.Node>();
  const runs = (scope: ts.Node): boolean => {
    if (seen.has(scope)) return false;
    seen.add(scope);
    let found = false;
    walk(scope, (node) => {
      if (found || (ts.isIfStatement(node) && isMainGuard(node))) return false;
      if (node !== scope && (ts.isFunctionLike(node) || ts.isClassLike(node)) && !isInvoked(node))
        return false;
      if (ts.isCallExpression(node)) found = isWanted(node) || calledBodies(tree, node).some(runs);
      return !found;
    });
    return found;
  };
  return runs(tree);
}

function isMainGuard({ expression }: ts.IfStatement): boolean {
  return /require\.main|import\.meta|process\.argv|NODE_ENV|VITEST|JEST/.test(expression.getText());
}

/** `(async () => { … })()` and callbacks of chains such as `build().then((app) => app.listen())`. */
function isInvoked(node: ts.Node): boolean {
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) return false;
  let at: ts.Node = node.parent;
  if (ts.isParenthesizedExpression(at)) at = at.parent;
  if (!ts.isCallExpression(at)) return false;
  return unwrap(at.expression) === node || ['then', 'ready', 'after'].includes(memberOf(at.expression) ?? '');
}

function calledBodies(tree: ts.SourceFile, { expression }: ts.CallExpression): readonly ts.Node[] {
  const callee = unwrap(expression);
  if (ts.isIdentifier(callee)) {
    const declared = findDeclaration(callee, callee.text);
    const made =
      declared !== undefined && ts.isVariableDeclaration(declared) ? declared.initializer : declared;
    return made !== undefined && ts.isFunctionLike(made) ? [made] : [];
  }
  const method = memberOf(callee);
  const receiver = receiverOf(callee);
  if (method === undefined || receiver === undefined) return [];
  // `start().catch(…)`: the inner call is visited on its own.
  const isOfClass = ts.isNewExpression(receiver) || rootOf(receiver) !== undefined;
  return isOfClass ? methodsCalled(tree, method) : [];
}

function methodsCalled(tree: ts.SourceFile, name: string): readonly ts.Node[] {
  return tree.statements.flatMap((statement) =>
    ts.isClassDeclaration(statement)
      ? statement.members.filter((member) => ts.isMethodDeclaration(member) && member.name.getText() === name)
      : [],
  );
}

type Importable = NonNullable<AppFact['importable']>;
type Made = Instantiation & { readonly binding: string };

/** How the instance is put together, by where it is made and what becomes of it. */
export function instantiationKind(instantiation: Made): AppFact['kind'] {
  if (instantiation.at === 'class') return 'class';
  if (instantiation.at === 'module') return 'singleton';
  const { binding, owner } = instantiation;
  const isFactory =
    owner !== undefined && returns(owner, binding) !== undefined && !listensItself(owner, binding);
  return isFactory ? 'factory' : 'main';
}

/** How a test gets at the instance without listening; undefined when it cannot. */
export function importableOf(survey: Survey, instantiation: Made): Importable | undefined {
  const { binding, file, owner } = instantiation;
  const tree = survey.tree(file);
  const kind = instantiationKind(instantiation);
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

/** Whether a function returns its instance, alone or in an object. */
function returns(owner: FunctionNode, binding: string): 'instance' | 'wrapped' | undefined {
  const isBlock = owner.body !== undefined && ts.isBlock(owner.body);
  const returned = isBlock ? returnsOf(owner).filter((one) => one !== undefined) : [];
  if (returned.some((one) => rootOf(one) === binding)) return 'instance';
  const name = patternOfName(binding);
  const wraps = returned.some((one) => ts.isObjectLiteralExpression(one) && name.test(one.getText()));
  return wraps ? 'wrapped' : undefined;
}

function listensItself(owner: FunctionNode, binding: string): boolean {
  return callsIn(owner.getSourceFile(), 'listen').some(
    ({ expression, pos }) =>
      pos >= owner.pos && pos < owner.end && rootOf(receiverOf(expression) ?? expression) === binding,
  );
}
