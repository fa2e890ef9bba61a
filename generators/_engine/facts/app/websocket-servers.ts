import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { memberOf, receiverOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { importedBy } from '../../syntax/symbols.ts';
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

/** Finds the servers of `ws` and socket.io, the plugins that add one, and listeners of `upgrade` on the HTTP server. */
export function findWebSocketServers(survey: Survey): readonly WebSocketServer[] {
  return survey.filesMatching(/['"](?:ws|socket\.io|fastify-socket\.?io|upgrade)['"]/).flatMap((path) => {
    const found: WebSocketServer[] = [];
    const tree = survey.tree(path);
    walk(tree, (node) => {
      const from = ts.isNewExpression(node) || ts.isCallExpression(node) ? serverOf(node) : undefined;
      if (from !== undefined) found.push({ path, line: lineOf(tree, node.getStart()), from });
      return true;
    });
    return found;
  });
}

function serverOf(node: ts.NewExpression | ts.CallExpression): string | undefined {
  if (ts.isNewExpression(node)) {
    const made = importedBy(node.expression, ...Object.keys(makers));
    return made !== undefined && makers[made.from]?.test(made.name) === true ? made.from : undefined;
  }
  const callee = unwrap(node.expression);
  const [first] = node.arguments;
  if (first === undefined) return undefined;
  const member = memberOf(callee);
  if (member === 'register') return importedBy(first, 'fastify-socket.io', 'fastify-socketio')?.from;
  const receiver = receiverOf(callee);
  const isUpgrade = member === 'on' && stringOf(first) === 'upgrade';
  return isUpgrade && receiver !== undefined && memberOf(receiver) === 'server' ? 'node:http' : undefined;
}
