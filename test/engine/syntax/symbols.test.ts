import { describe, expect, it } from 'vitest';

import { callsIn } from '../../../generators/_engine/syntax/calls.ts';
import { importedBy } from '../../../generators/_engine/syntax/symbols.ts';
import { parseSource, ts } from '../../../generators/_engine/syntax/tree.ts';

/** Of what the last statement calls. */
function importedByCall(text: string): ReturnType<typeof importedBy> {
  const statement = parseSource('app.ts', text).statements.at(-1);
  if (statement === undefined || !ts.isExpressionStatement(statement)) throw new Error('no expression');
  const { expression } = statement;
  if (!ts.isNewExpression(expression) && !ts.isCallExpression(expression)) throw new Error('no call');
  return importedBy(expression.expression);
}

describe('importedBy', () => {
  it.each([
    ["import { Cluster } from 'ioredis';\nnew Cluster([]);", 'ioredis', 'Cluster'],
    ["import { createClient as connect } from 'redis';\nconnect();", 'redis', 'createClient'],
    ["import Redis from 'ioredis';\nnew Redis();", 'ioredis', 'default'],
    ["import Redis from 'ioredis';\nnew Redis.Cluster([]);", 'ioredis', 'Cluster'],
    ["import * as redis from 'redis';\n(redis as unknown).createCluster({});", 'redis', 'createCluster'],
    ["const redis = require('redis');\nredis.createClient();", 'redis', 'createClient'],
    ["const { createClient } = require('redis');\ncreateClient();", 'redis', 'createClient'],
    ["import fp from 'fastify-plugin';\nfp['default'](plugin);", 'fastify-plugin', 'default'],
  ])('%s', (text, from, name) => {
    expect(importedByCall(text)).toEqual({ from, name });
  });

  it.each(['const Redis = class {};\nnew Redis();', "import Redis from 'ioredis';\nmake().Redis();"])(
    'knows none of %s',
    (text) => {
      expect(importedByCall(text)).toBeUndefined();
    },
  );

  it('knows none where something nearer has the name, and none of other packages than those asked for', () => {
    const tree = parseSource(
      'app.ts',
      "import fp from 'fastify-plugin';\nconst wrap = (fp) => fp(1);\nfp(2);",
    );
    const [inner, outer] = callsIn(tree).map(({ expression }) => importedBy(expression));
    expect([inner, outer]).toEqual([undefined, { from: 'fastify-plugin', name: 'default' }]);
    const [, call] = callsIn(tree);
    expect(call && importedBy(call.expression, 'fastify')).toBeUndefined();
  });
});
