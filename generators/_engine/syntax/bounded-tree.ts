import type { RelPath } from '../model/paths.ts';
import { RefusalError } from '../model/refusal.ts';
import { parseFile, ts } from './tree.ts';
import { spend } from './work.ts';

/** Nobody nests deeper; whatever walks a tree may recurse that deep. */
const maxDepth = 500;
/** More than 300 KB of code have: it is a bundle, a data set, or there to keep us busy. */
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
  const tree = parsed(path, text);
  const bound = tree === undefined ? tooDeep : boundOf(tree, path);
  if (tree !== undefined && bound === false) return tree;
  if (/fastify/i.test(text)) throw tooComplex(path, bound === false ? tooDeep : bound);
  return parseFile(path, '');
}

const tooDeep = `nests deeper than ${String(maxDepth)} levels`;

/** Undefined for what is nested too deep for the parser, which recurses. */
function parsed(path: RelPath, text: string): ts.SourceFile | undefined {
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
    for (const node of level) ts.forEachChild(node, (child) => void next.push(child));
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
