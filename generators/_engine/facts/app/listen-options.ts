import type { AppFact } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import { propertyOf, unwrap } from '../../syntax/expressions.ts';
import { type EnvRead, readEnv } from '../../program/env-reads.ts';
import type { Survey } from '../../program/survey.ts';

/** Which variables and defaults a call that listens takes its port and host from; `{}` when it does not say. */
export function listenOptions(
  survey: Survey,
  { arguments: given }: Pick<ts.NewExpression, 'arguments'>,
  file: RelPath,
): AppFact['listen'] {
  const [first, second] = given ?? [];
  if (first === undefined) return {};
  const found = survey.names.value(first, file);
  const literal = found !== undefined && ts.isExpression(found.node) ? unwrap(found.node) : undefined;
  const isOptions = literal !== undefined && ts.isObjectLiteralExpression(literal);
  const place = isOptions && found !== undefined ? found.file : file;
  const port = isOptions ? propertyOf(literal, 'port') : first;
  const host = isOptions ? propertyOf(literal, 'host') : second;
  const portRead: EnvRead = port === undefined ? {} : readEnv(survey, port, place);
  const hostRead: EnvRead = host === undefined ? {} : readEnv(survey, host, place);
  const defaultPort = Number(portRead.fallback ?? NaN);
  return {
    ...(portRead.env !== undefined && { portEnv: portRead.env }),
    ...(Number.isInteger(defaultPort) && { defaultPort }),
    ...(hostRead.env !== undefined && { hostEnv: hostRead.env }),
  };
}
