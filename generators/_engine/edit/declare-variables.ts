import type { Service } from '../model/service.ts';
import type { EnvDeclarationWant, EnvWant } from '../model/wants.ts';
import type { Draft } from '../repo/draft.ts';
import { detectStyle } from '../facts/style/style.ts';
import { type ContainerVariable, declareInCompose } from './declare-in-compose.ts';
import { ensureEnvDeclaration } from './ensure-env-declaration.ts';
import { ensureEnvType } from './ensure-env-type.ts';
import { ensureEnv } from './ensure-env.ts';

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
