import type { Service } from '../model/service.ts';
import type { EnvDeclarationWant, EnvWant } from '../model/wants.ts';
import type { Draft } from '../repo/draft.ts';
import { detectStyle } from '../facts/style/style.ts';
import { type ContainerVariable, declareInCompose } from './declare-in-compose.ts';
import { ensureEnvDeclaration, ensureEnvType } from './ensure-env-declaration.ts';
import type { TextChange } from '../model/text-change.ts';
import { insertion } from './text-lines.ts';
import type { ImportWant } from '../model/code-facts.ts';
import { printString } from '../syntax/print.ts';

/** A variable of the environment, as the examples list it and as a schema declares it. */
export type VariableWant = EnvWant & Pick<EnvDeclarationWant, 'type' | 'default'> & ContainerVariable;

/**
 * Declares variables wherever the service does: in its env examples, its schema, the interface that types it, and the
 * compose files that list its environment.
 */
export async function declareVariables(
  draft: Draft,
  service: Pick<Service, 'config' | 'dir' | 'name'>,
  wants: readonly VariableWant[],
): Promise<void> {
  const { config } = service;
  for (const want of wants) {
    for (const file of config.exampleFiles) draft.patch(file, 'env', (base) => ensureEnv(base, want));
    const { file, types } = config;
    if (file === undefined || config.style === 'process.env') continue;
    const declared = { ...want, config };
    draft.patch(file, 'env', (base) => ensureEnvDeclaration(base, declared, detectStyle([base])));
    if (types !== undefined)
      draft.patch(types, 'env', (base) => ensureEnvType(base, declared, detectStyle([base])));
  }
  await declareInCompose(draft, service, wants);
}

/** Adds `NAME=value`, or `# NAME=` for an empty value, at the end of a `.env` example. [] when the name is there, also when commented out. */
export function ensureEnv(base: string, want: EnvWant): readonly TextChange[] {
  const isThere = base
    .split(/\r?\n/)
    .some((line) => /^[\s#]*(?:export\s+)?([\w.-]+)\s*=/.exec(line)?.[1] === want.name);
  if (isThere) return [];
  const eol = /\r?\n/.exec(base)?.[0] ?? '\n';
  // An empty value is one too: the service would read it.
  const variable = want.value === '' ? `# ${want.name}=` : assignment(base, want);
  const lines = [...(want.comment === undefined ? [] : [`# ${want.comment}`]), variable];
  const text = lines.join(eol);
  // Below a group with a comment of its own it would look as if it belonged to it.
  const gap = /(?:^|\n)#[^\n]*\n[^\n]+\n?$/.test(base) ? eol : '';
  if (base === '' || base.endsWith('\n')) return [insertion(base.length, gap + text + eol)];
  return [insertion(base.length, eol + gap + text)];
}

/** With spaces and quotes where all the others have them. */
function assignment(base: string, { name, value }: EnvWant): string {
  const others = [...base.matchAll(/^[ \t]*\w+([ \t]*=[ \t]*)(\S.*)$/gm)];
  const areAll = (isOne: (sign: string, value: string) => boolean): boolean =>
    others.length > 1 && others.every(([, sign = '', text = '']) => isOne(sign, text));
  const sign = areAll((one) => /^[ \t]=[ \t]$/.test(one)) ? ' = ' : '=';
  const quote = ['"', "'"].find((mark) => areAll((_, text) => text.startsWith(mark))) ?? '';
  return `${name}${sign}${quote}${value}${quote}`;
}

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
