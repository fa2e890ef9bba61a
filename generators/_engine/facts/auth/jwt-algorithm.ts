import type { Place } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { propertyOf } from '../../syntax/expressions.ts';
import { placeOf, ts } from '../../syntax/tree.ts';
import { chainedCall, type PluginUse, type Sign } from './jwt-signs.ts';

/** The algorithm that signs; `algorithmAt`: where one is given that cannot be read. */
export interface Algorithm {
  readonly algorithm: string;
  readonly algorithmAt?: Place;
}

interface Option {
  readonly expression: ts.Expression;
  readonly file: RelPath;
}

/** Reads it where the libraries take it from: options of the call, of @fastify/jwt, or the protected header of jose. */
export function readAlgorithm(
  survey: Survey,
  sign: Sign | undefined,
  plugin: PluginUse | undefined,
): Algorithm {
  const isPlugin = sign === undefined || sign.library === '@fastify/jwt';
  const given = sign && (signOption(survey, sign) ?? headerOption(survey, sign));
  const option = given ?? (isPlugin ? pluginOption(plugin, 'sign', 'algorithm') : undefined);
  const isPair = isPlugin && propertyOf(propertyOf(plugin?.options, 'secret'), 'private') !== undefined;
  const initial = isPair ? 'RS256' : 'HS256';
  if (option !== undefined) return valueOf(survey, option, initial);
  const [only, other] = isPlugin ? verifyAlgorithms(survey, plugin) : [];
  return { algorithm: only !== undefined && other === undefined ? only : initial };
}

function valueOf(survey: Survey, { expression, file }: Option, initial: string): Algorithm {
  const text = survey.names.textOf(expression, file);
  if (text !== undefined) return { algorithm: text };
  return { algorithm: initial, algorithmAt: placeOf(expression, file) };
}

function signOption(survey: Survey, { options, path }: Sign): Option | undefined {
  if (options === undefined) return undefined;
  const found = survey.names.value(options, path);
  const object = found !== undefined && ts.isExpression(found.node) ? found : { node: options, file: path };
  for (const name of ['algorithm', 'alg']) {
    const expression = propertyOf(object.node as ts.Expression, name);
    if (expression !== undefined) return { expression, file: object.file };
  }
  return undefined;
}

/** `setProtectedHeader({ alg })`, where the chain has it. */
function headerOption(survey: Survey, { call, path }: Sign): Option | undefined {
  const header = chainedCall(call, 'setProtectedHeader')?.arguments[0];
  if (header === undefined) return undefined;
  const found = survey.names.value(header, path);
  const object = found !== undefined && ts.isExpression(found.node) ? found : { node: header, file: path };
  const expression = propertyOf(object.node as ts.Expression, 'alg');
  return expression === undefined ? { expression: header, file: path } : { expression, file: object.file };
}

function pluginOption(plugin: PluginUse | undefined, part: string, name: string): Option | undefined {
  const expression = propertyOf(propertyOf(plugin?.options, part), name);
  return plugin === undefined || expression === undefined ? undefined : { expression, file: plugin.file };
}

function verifyAlgorithms(survey: Survey, plugin: PluginUse | undefined): readonly string[] {
  const option = pluginOption(plugin, 'verify', 'algorithms');
  const list = option && survey.names.valueOf(option.expression, option.file);
  if (list?.kind !== 'array') return [];
  return list.elements.flatMap((one) => survey.names.textOf(one.expression, one.file) ?? []);
}
