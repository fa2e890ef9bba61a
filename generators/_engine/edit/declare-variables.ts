import type { EnvDeclarationWant, EnvWant, Service } from '../contract.ts';
import type { Draft } from '../plan.ts';
import { detectStyle } from '../survey/style.ts';
import { ensureEnvDeclaration } from './ensure-env-declaration.ts';
import { ensureEnvType } from './ensure-env-type.ts';
import { ensureEnv } from './ensure-env.ts';

/** A variable of the environment, as the examples list it and as a schema declares it. */
export type VariableWant = EnvWant & Pick<EnvDeclarationWant, 'type' | 'default'>;

/** Declares variables wherever the service does: in its env examples, its schema, and the interface that types it. */
export function declareVariables(
  draft: Draft,
  { config }: Pick<Service, 'config'>,
  wants: readonly VariableWant[],
): void {
  for (const want of wants) {
    for (const file of config.exampleFiles) draft.patch(file, 'env', (base) => ensureEnv(base, want));
    const { file, types } = config;
    if (file === undefined || config.style === 'process.env') continue;
    const declared = { ...want, config };
    draft.patch(file, 'env', (base) => ensureEnvDeclaration(base, declared, detectStyle([base])));
    if (types !== undefined)
      draft.patch(types, 'env', (base) => ensureEnvType(base, declared, detectStyle([base])));
  }
}
