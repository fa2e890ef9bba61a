import type { Service } from '../_engine/model/service.ts';

/** The options of the verify route: its schema, and what gets it past a guard of the whole application; false for none. */
export function routeOptionsOf({ guard, plainSchemas }: Service): string | false {
  const config = guard?.optOut === undefined ? [] : [`config: { ${guard.optOut} }`];
  const schema = plainSchemas ? ['schema: { body: bodySchema }'] : [];
  return [...config, ...schema].join(', ') || false;
}
