import type { Obstacle, RelPath, Repo, ServiceHead } from '../_engine/contract.ts';
import { memberOf, receiverOf, stringOf } from '../_engine/survey/expressions.ts';
import { openSurvey, type Survey } from '../_engine/survey/survey.ts';
import { lineOf, ts, walk } from '../_engine/syntax.ts';

type Kind = 'decorate' | 'decorateRequest';
/** What a plugin puts on the instance or on each request: `authenticate` → `decorate`. */
type Decorators = ReadonlyMap<string, Kind>;

const isRequest = /^_?(req|request)$|Request$/;

/**
 * One obstacle for each use of what files that are to go decorate, in a file that stays: it would not compile any more.
 * What staying code declares, assigns or decorates itself is not ours to miss. `after` is the repo without these files.
 */
export function findDecoratorUses(
  before: Repo,
  after: Repo,
  heads: readonly ServiceHead[],
  gone: ReadonlySet<string>,
): readonly Obstacle[] {
  return heads.flatMap((head) => {
    const old = openSurvey(before, head);
    const going = old.files.filter((path) => gone.has(path));
    const lost = new Map(going.flatMap((path) => [...decoratorsIn(old.tree(path))]));
    if (lost.size === 0) return [];
    const staying = openSurvey(after, head);
    const paths = [...staying.files, ...staying.tests];
    const own = new Set(paths.flatMap((path) => membersMadeIn(staying.tree(path))));
    const missed = new Map([...lost].filter(([name]) => !own.has(name)));
    return paths.flatMap((path) => usesIn(staying, path, missed));
  });
}

function decoratorsIn(tree: ts.SourceFile): Decorators {
  const found = new Map<string, Kind>();
  walk(tree, (node) => {
    const name = ts.isCallExpression(node) ? stringOf(node.arguments[0]) : undefined;
    const kind = ts.isCallExpression(node) ? memberOf(node.expression) : undefined;
    if (name !== undefined && (kind === 'decorate' || kind === 'decorateRequest')) found.set(name, kind);
    return true;
  });
  return found;
}

/** Names that a file decorates, declares in an interface, or assigns to a member of something. */
function membersMadeIn(tree: ts.SourceFile): readonly string[] {
  const names = [...decoratorsIn(tree).keys()];
  walk(tree, (node) => {
    if (ts.isInterfaceDeclaration(node)) names.push(...node.members.map((one) => one.name?.getText() ?? ''));
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken)
      names.push(memberOf(node.left) ?? '');
    return true;
  });
  return names;
}

function usesIn(survey: Survey, path: RelPath, missed: Decorators): readonly Obstacle[] {
  const tree = survey.tree(path);
  const found: Obstacle[] = [];
  walk(tree, (node) => {
    const [name, receiver] = ts.isPropertyAccessExpression(node) ? [memberOf(node), receiverOf(node)] : [];
    const kind = missed.get(name ?? '');
    if (receiver === undefined || kind === undefined || !ts.isIdentifier(receiver)) return true;
    const from = survey.names.importOf(receiver, path)?.from;
    const isOfPackage = from !== undefined && survey.names.module(path, from) === undefined;
    if (!isOfPackage && isRequest.test(receiver.text) === (kind === 'decorateRequest'))
      found.push(inUse(path, lineOf(tree, node.getStart()), node.getText()));
    return true;
  });
  return found;
}

function inUse(path: RelPath, line: number, use: string): Obstacle {
  return {
    code: 'E_IN_USE',
    at: { path, line },
    message: `${path}:${String(line)} uses ${use}, which would go.`,
    remedy: 'Take that use out first and run the command again.',
  };
}
