import type { Place } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { printKey } from '../../syntax/print.ts';
import { lineOf } from '../../syntax/tree.ts';
import { type Decision, decideHook } from './guard-decision.ts';
import type { GuardedRequest } from './guard-values.ts';
import { findRootHooks, type RootHook } from './root-hooks.ts';

/** What the hooks of the application do to a route that is called without a token. */
export interface GuardsAhead {
  /** Hooks that refuse it, or may. */
  readonly closed: readonly (Place & { readonly decision: Exclude<Decision, 'passes'> })[];
  /** What gets the route past the others: `skipAuth: true`, as members of its `config`. */
  readonly optOut: readonly string[];
}

type Config = GuardedRequest['config'];

/** `autohooked`: the route's file, where it is in an autoloaded folder that has autohooks. */
export function findGuardsAhead(
  survey: Survey,
  route: Pick<GuardedRequest, 'method' | 'url'>,
  autohooked: RelPath | undefined,
): GuardsAhead {
  const decide = ({ file, hook }: RootHook, config: Config): ReturnType<typeof decideHook> =>
    decideHook(survey, hook, file, { ...route, config });
  const hooks = findRootHooks(survey, autohooked);
  let config: Config = {};
  for (const hook of hooks) {
    const { asked, decision } = decide(hook, config);
    if (decision === 'passes') continue;
    const ways = asked.flatMap((key) => [{ [key]: true }, { [key]: false }]);
    const way = ways.find((one) => decide(hook, { ...config, ...one }).decision === 'passes');
    config = { ...config, ...way };
  }
  return {
    closed: hooks.flatMap((hook) => {
      const { decision } = decide(hook, config);
      const { call, file } = hook;
      if (decision === 'passes') return [];
      return [{ path: file, line: lineOf(survey.tree(file), call.getStart()), decision }];
    }),
    optOut: Object.entries(config).map(([key, value]) => `${printKey(key)}: ${String(value)}`),
  };
}
