import type { AppFact } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import type { Creation } from './creations.ts';
import { receiverOf, unwrap } from '../../syntax/expressions.ts';
import { importsOf, specifiersOf } from '../../syntax/imports.ts';
import { listenOptions } from './listen-options.ts';
import { findListenCalls, listensOnImport, runsAtLoad } from './listening.ts';
import { findDeclaration } from '../../syntax/symbols.ts';
import type { Survey } from '../../program/survey.ts';

/**
 * The file that starts the service, and where its port comes from. `appFile` makes the instance, or takes it from the
 * call `outside` of a package, which may listen as well.
 */
export function findEntry(
  survey: Survey,
  appFile: RelPath,
  outside?: Creation['node'],
): Pick<AppFact, 'entry' | 'listen'> {
  const listening = findListeningFile(survey, appFile);
  if (listening === undefined) {
    if (outside === undefined) return { listen: {} };
    const isHere = runsAtLoad(survey.tree(appFile), (call) => call === outside);
    const entry = isHere ? appFile : (findCaller(survey, appFile) ?? appFile);
    return { entry, listen: listenOptions(survey, outside, appFile) };
  }
  const [call] = findListenCalls(survey.tree(listening)).filter(({ arguments: given }) => given.length > 0);
  const listen = call === undefined ? {} : listenOptions(survey, call, listening);
  return { entry: findStarter(survey, listening) ?? listening, listen };
}

function findListeningFile(survey: Survey, appFile: RelPath): RelPath | undefined {
  const files = survey
    .mentioning(/\.listen\s*\(/)
    .filter((file) => findListenCalls(survey.tree(file)).length > 0);
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
    const tree = survey.tree(file);
    const isFromThere = (name: string | undefined): boolean => {
      const imported = name === undefined ? undefined : importsOf(tree).get(name);
      return imported !== undefined && survey.names.module(file, imported.from) === callee;
    };
    return file !== callee && runsAtLoad(tree, ({ expression }) => isFromThere(sourceOf(expression)));
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
