import type { ImportWant } from '../model/import-want.ts';
import type { Service } from '../model/service.ts';
import { printString } from '../syntax/print.ts';

/** How generated code reads an environment variable: through the service's own configuration where it has one. */
export function readVariable(
  { config }: Service,
  name: string,
): { readonly expression: string; readonly imports: readonly ImportWant[] } {
  // What @fastify/env decorates is there only after its plugin, whose place a plugin of ours does not know.
  if (config.reader === undefined || /^(process\.env|@fastify\/env)$/.test(config.style)) {
    return { expression: `process.env[${printString(name)}]`, imports: [] };
  }
  return { expression: `${config.reader.expression}.${name}`, imports: config.reader.imports };
}
