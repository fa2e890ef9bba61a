import type { Service } from '../_engine/model/service.ts';

/** The options of the verify route: what checks its body, and what gets it past a guard of the whole application. */
export function routeOptionsOf({ guard, plainSchemas }: Service): string {
  const config = guard?.optOut === undefined ? [] : [`config: { ${guard.optOut} }`];
  const body = plainSchemas ? 'schema: { body: bodySchema }' : 'preValidation: checkBody';
  return [...config, body].join(', ');
}
