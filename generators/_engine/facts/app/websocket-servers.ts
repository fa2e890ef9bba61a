import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { memberOf, receiverOf, unwrap } from '../../syntax/expressions.ts';
import { lineOf, ts, walk } from '../../syntax/tree.ts';

/** A WebSocket server that takes connections beside the routes of the application, so no hook of it runs. */
export interface WebSocketServer {
  readonly path: RelPath;
  /** 1-based. */
  readonly line: number;
  /** The package that it comes from; `node:http` for a listener of `upgrade`. */
  readonly from: string;
}

const makers: Readonly<Record<string, RegExp>> = {
  ws: /^(?:WebSocketServer|Server)$/,
  'socket.io': /^(?:Server|default)$/,
};
/** They put socket.io on the server of the instance. */
const plugins = /^(?:fastify-socket\.io|fastify-socketio)$/;

/** Finds the servers of `ws` and socket.io, the plugins that add one, and listeners of `upgrade` on the HTTP server. */
export function findWebSocketServers(survey: Survey): readonly WebSocketServer[] {
  return survey.filesMatching(/['"](?:ws|socket\.io|fastify-socket\.?io|upgrade)['"]/).flatMap((path) => {
    const found: WebSocketServer[] = [];
    const tree = survey.tree(path);
    walk(tree, (node) => {
      const from =
        ts.isNewExpression(node) || ts.isCallExpression(node) ? serverOf(survey, node, path) : undefined;
      if (from !== undefined) found.push({ path, line: lineOf(tree, node.getStart()), from });
      return true;
    });
    return found;
  });
}

function serverOf(
  survey: Survey,
  node: ts.NewExpression | ts.CallExpression,
  path: RelPath,
): string | undefined {
  const callee = unwrap(node.expression);
  if (ts.isNewExpression(node)) {
    const root = receiverOf(callee) ?? callee;
    const imported = ts.isIdentifier(root) ? survey.names.importOf(root, path) : undefined;
    const name = root === callee ? imported?.name : memberOf(callee);
    const known = imported !== undefined && Object.hasOwn(makers, imported.from);
    return known && makers[imported.from]?.test(name ?? '') === true ? imported.from : undefined;
  }
  const [first] = node.arguments;
  if (first === undefined) return undefined;
  const member = memberOf(callee);
  if (member === 'register' && ts.isIdentifier(unwrap(first))) {
    const from = survey.names.importOf(unwrap(first) as ts.Identifier, path)?.from;
    return from !== undefined && plugins.test(from) ? from : undefined;
  }
  const receiver = receiverOf(callee);
  const isUpgrade = member === 'on' && ts.isStringLiteralLike(first) && first.text === 'upgrade';
  return isUpgrade && receiver !== undefined && memberOf(receiver) === 'server' ? 'node:http' : undefined;
}
