/**
 * The only module that loads the TypeScript parser. ts-morph bundles a compiler of its own, so the version that a
 * user's project has (7 has no compiler API) never matters. Parse only: no program, no type checker.
 */
import type { RelPath } from '../model/paths.ts';
import { RefusalError } from '../model/obstacle.ts';
import { runCache } from '../model/run-caches.ts';
import ts from './typescript.cjs';

export { ts };

/** Characters whose trees are kept; a tree takes some 40 bytes for each. */
const maxParsedChars = 2_000_000;
const parsed = runCache<string, ts.SourceFile>();
const owners = new WeakMap<ts.SourceFile, string>();
let parsedChars = 0;

/**
 * Parses TypeScript; parents are set. `path` decides between .ts and .tsx. Never throws. A text is parsed once, though
 * it is needed repeatedly: rendered, restyled, surveyed as a part of a plan, verified.
 */
export function parseSource(path: string, text: string): ts.SourceFile {
  return parseOnce(path.endsWith('x') ? `tsx ${text}` : text, path, text);
}

/** Like {@link parseSource}, but no other path gets these nodes: a file with the same text has declarations of its own. */
function parseFile(path: string, text: string): ts.SourceFile {
  const tree = parseSource(path, text);
  const owner = owners.get(tree) ?? path;
  owners.set(tree, owner);
  return owner === path ? tree : parseOnce(`${path} ${text}`, path, text);
}

function parseOnce(key: string, path: string, text: string): ts.SourceFile {
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  if (parsedChars > maxParsedChars) parsed.clear();
  if (parsed.size === 0) parsedChars = 0;
  parsed.set(key, tree);
  parsedChars += text.length;
  return tree;
}

/** Messages of the parser with their 1-based line; [] for a file that parses. */
export function syntaxErrors(source: ts.SourceFile): readonly { line: number; message: string }[] {
  const { parseDiagnostics } = source as ts.SourceFile & {
    parseDiagnostics: readonly ts.DiagnosticWithLocation[];
  };
  return parseDiagnostics.map((diagnostic) => ({
    line: lineOf(source, diagnostic.start),
    message: ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '),
  }));
}

/** 1-based line of a UTF-16 offset. */
export function lineOf(source: ts.SourceFile, offset: number): number {
  return source.getLineAndCharacterOfPosition(offset).line + 1;
}

/** Where a node of a file begins. */
export function placeOf(node: ts.Node, path: RelPath): Readonly<{ path: RelPath; line: number }> {
  return { path, line: lineOf(node.getSourceFile(), node.getStart()) };
}

/** Visits `node` and everything below it, parents first; a visitor that returns false skips what is below. @throws RefusalError E_TOO_COMPLEX */
export function walk(node: ts.Node, visit: (node: ts.Node) => boolean | undefined): void {
  const descend = (at: ts.Node): void => {
    left -= 1;
    if (left < 0) spend(0, () => at.getSourceFile().fileName);
    if (visit(at) !== false) ts.forEachChild(at, descend);
  };
  descend(node);
}

/** The first node that is wanted, at or below another. @throws RefusalError E_TOO_COMPLEX */
export function findNode(scope: ts.Node, isWanted: (node: ts.Node) => boolean): ts.Node | undefined {
  let found: ts.Node | undefined;
  walk(scope, (node) => {
    if (found === undefined && isWanted(node)) found = node;
    return found === undefined;
  });
  return found;
}

/** What is picked of the nodes at and below another, in the order of the text. @throws RefusalError E_TOO_COMPLEX */
export function pickNodes<T>(scope: ts.Node, pick: (node: ts.Node) => T | undefined): readonly T[] {
  const found: T[] = [];
  walk(scope, (node) => {
    const one = pick(node);
    if (one !== undefined) found.push(one);
    return true;
  });
  return found;
}

/** Deepest nesting accepted: what walks a tree recurses that deep. */
const maxDepth = 500;
/** Some 300 KB of code: a larger file is a bundle, a data set, or an attack. */
const maxNodes = 60_000;
/** Steps that parsing takes, for each node. */
const parseSteps = 8;

const measured = new WeakMap<ts.SourceFile, string | false>();

/**
 * The tree of a file. One that nobody could follow is passed over, as an empty file; where it is about Fastify it cannot
 * be passed over.
 * @throws RefusalError E_TOO_COMPLEX, which names the file and the bound.
 */
export function boundedTree(path: RelPath, text: string): ts.SourceFile {
  const tree = parseIfShallow(path, text);
  const bound = tree === undefined ? tooDeep : boundOf(tree, path);
  if (tree !== undefined && bound === false) return tree;
  if (/fastify/i.test(text)) throw tooComplex(path, bound === false ? tooDeep : bound);
  return parseFile(path, '');
}

const tooDeep = `nests deeper than ${String(maxDepth)} levels`;

/** Undefined for what is nested too deep for the parser, which recurses. */
function parseIfShallow(path: RelPath, text: string): ts.SourceFile | undefined {
  try {
    return parseFile(path, text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function boundOf(tree: ts.SourceFile, path: RelPath): string | false {
  const known = measured.get(tree);
  if (known !== undefined) return known;
  const bound = measure(tree, path);
  measured.set(tree, bound);
  return bound;
}

/** Without recursion: level after level. */
function measure(tree: ts.SourceFile, path: RelPath): string | false {
  let level: ts.Node[] = [tree];
  let nodes = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    nodes += level.length;
    if (depth > maxDepth) return tooDeep;
    if (nodes > maxNodes) return `has more than ${String(maxNodes)} nodes of syntax`;
    const next: ts.Node[] = [];
    const add = (child: ts.Node): void => void next.push(child);
    for (const node of level) ts.forEachChild(node, add);
    level = next;
  }
  spend(nodes * parseSteps, () => path);
  return false;
}

function tooComplex(path: RelPath, bound: string): RefusalError {
  return new RefusalError({
    code: 'E_TOO_COMPLEX',
    at: { path },
    message: `${path} ${bound}, too many to analyse, and uses Fastify.`,
    remedy: 'Split the file, or move generated code out of the service, and run the command again.',
  });
}

/**
 * Steps of a survey: a node that is visited is one. A service of 100,000 lines takes some 20 million; a repository that
 * is there to keep us busy would take any number.
 */
const stepsForOne = 60_000_000;
let left = stepsForOne;

/** One more service is surveyed: what it takes is its own. */
export function allowOneMore(): void {
  left = stepsForOne;
}

/**
 * Counts steps.
 * @throws RefusalError E_TOO_COMPLEX, which names the file that is looked at, when there were too many.
 */
export function spend(steps: number, path: () => string): void {
  left -= steps;
  if (left >= 0) return;
  const at = path();
  left = stepsForOne;
  throw new RefusalError({
    code: 'E_TOO_COMPLEX',
    at: { path: at },
    message: `${at} and its references cannot be resolved in ${String(stepsForOne)} steps.`,
    remedy: 'Move generated and unrelated code out of the folder of the service, and run the command again.',
  });
}
