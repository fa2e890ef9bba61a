import type { ImportWant, Service } from '../contract.ts';

/** How generated code reads an environment variable: through the service's own configuration where it has one. */
export function readVariable(
  { config }: Service,
  name: string,
): { readonly expression: string; readonly imports: readonly ImportWant[] } {
  if (config.reader === undefined || config.style === 'process.env') {
    return { expression: `process.env['${name}']`, imports: [] };
  }
  return { expression: `${config.reader.expression}.${name}`, imports: config.reader.imports };
}
