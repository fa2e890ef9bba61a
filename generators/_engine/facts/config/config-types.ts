import type { RelPath } from '../../model/paths.ts';
import type { ConfigFact } from '../../model/resource-facts.ts';
import { findEnvType } from '../../syntax/env-type.ts';
import { escapePattern } from '../../syntax/print.ts';
import type { Survey } from '../../program/survey.ts';

/**
 * The file that types by hand what a JSON schema declares, the schema's own first; undefined where the type is made of
 * the schema.
 */
export function findConfigTypes(
  survey: Survey,
  { file, style }: Pick<ConfigFact, 'style'> & { readonly file: RelPath },
): RelPath | undefined {
  if (style !== '@fastify/env' && style !== 'env-schema') return undefined;
  const schema = survey.text(file);
  const isKnown = (name: string): boolean =>
    new RegExp(`\\b${escapePattern(name)}['"]?\\s{0,9}:`).test(schema);
  const files = [file, ...survey.mentioning(/\b(interface|type)\b/), ...survey.declarations];
  return files.find((one) => findEnvType(survey.tree(one), isKnown) !== undefined);
}
