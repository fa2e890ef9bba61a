import { ts, walk } from '../syntax/tree.ts';
import { memberOf } from '../syntax/expressions.ts';
import { autoloadedEnv, type FastifyEnv, fastifyEnv } from './fastify-env.ts';
import type { Survey } from './survey.ts';

/** What @fastify/env made `app.config` of, with `config` or another name for the decorator; undefined when it did not. */
export function decoratedSchema(survey: Survey, decorated: ts.Expression): FastifyEnv | undefined {
  const key = memberOf(decorated);
  if (key === undefined) return undefined;
  for (const file of survey.mentioning(/@fastify\/env|fastify-env/)) {
    let found = autoloadedEnv(survey, file);
    walk(survey.tree(file), (node) => {
      const [plugin, options] = ts.isCallExpression(node) ? node.arguments : [];
      if (plugin !== undefined) found ??= fastifyEnv(survey, plugin, options, file);
      return found === undefined;
    });
    if (found?.key === key) return found;
  }
  return undefined;
}
