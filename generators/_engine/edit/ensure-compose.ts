import { isCollection, isMap, isScalar, isSeq, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';

import { applyChanges, type TextChange } from '../model/text-change.ts';
import { parseYaml } from '../syntax/yaml-text.ts';
import { eolAt, insertion, lineEnd } from './text-lines.ts';

/** A variable of a container; without a value it is that of the shell or of `.env`, where it is set at all. */
export interface ComposeVariable {
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * Adds variables to the `environment` of a service, last and written as its siblings are. [] when they are there;
 * undefined where the environment is not written out line by line.
 */
export function ensureCompose(
  base: string,
  service: string,
  variables: readonly ComposeVariable[],
): readonly TextChange[] | undefined {
  const place = ['services', service, 'environment'];
  const environment = parseYaml(base).getIn(place);
  if (!(isMap(environment) || isSeq(environment))) return undefined;
  const changes = isMap(environment)
    ? intoMap(base, environment, variables)
    : intoList(base, environment, variables);
  if (changes?.length === 0) return [];
  if (changes === undefined || environment.flow === true) return undefined;
  return isAsBefore(base, applyChanges(base, changes), place) ? changes : undefined;
}

/** YAML has many ways to write a thing: nothing may read differently but that the environment has more. */
function isAsBefore(base: string, next: string, place: readonly string[]): boolean {
  const [before, after] = [parseYaml(base), parseYaml(next)];
  const [old, now] = [before.getIn(place), after.getIn(place)];
  if (!isCollection(old) || !isCollection(now) || after.errors.length > 0) return false;
  now.items.splice(old.items.length);
  return before.toString() === after.toString();
}

function intoMap(
  base: string,
  { items }: YAMLMap,
  variables: readonly ComposeVariable[],
): readonly TextChange[] | undefined {
  const keys = items.map(({ key }) => key).filter((key) => isScalar(key));
  const values = items.map(({ value }) => value).filter((value) => isScalar(value));
  const last = items.at(-1);
  const key = keys.at(-1);
  if (key?.range == null || last?.key !== key) return undefined;
  const quote = quoteOf(values);
  const lines = missing(keys, variables).map(({ name, value }) =>
    value === undefined ? `${name}:` : `${name}: ${quote}${value}${quote}`,
  );
  const end = isScalar(last.value) ? (last.value.range?.[1] ?? key.range[1]) : key.range[1];
  return below(base, key.range[0], end, lines);
}

function intoList(
  base: string,
  { items }: YAMLSeq,
  variables: readonly ComposeVariable[],
): readonly TextChange[] | undefined {
  const scalars = items.filter((item) => isScalar(item));
  const last = scalars.at(-1);
  if (last?.range == null || last !== items.at(-1)) return undefined;
  const dash = base.lastIndexOf('-', last.range[0] - 1);
  const bullet = base.slice(dash, last.range[0]);
  if (!/^- +$/.test(bullet)) return undefined;
  const quote = quoteOf(scalars);
  const lines = missing(scalars, variables).map(({ name, value }) => {
    const text = value === undefined ? name : `${name}=${value}`;
    return bullet + quote + text + quote;
  });
  return below(base, dash, last.range[1], lines);
}

/** New lines below the one that ends at `end`, as far in as what stands at `start`. */
function below(
  base: string,
  start: number,
  end: number,
  lines: readonly string[],
): readonly TextChange[] | undefined {
  if (lines.length === 0) return [];
  // A block of text ends with its line break.
  const at = lineEnd(base, base.slice(0, end).trimEnd().length);
  const eol = eolAt(base, at, '\n');
  const indent = base.slice(base.lastIndexOf('\n', start - 1) + 1, start);
  if (indent.trim() !== '') return undefined;
  return [insertion(at, lines.map((line) => eol + indent + line).join(''))];
}

function missing(
  siblings: readonly Scalar[],
  wanted: readonly ComposeVariable[],
): readonly ComposeVariable[] {
  const names = siblings.map(({ value }) => String(value).split('=', 1)[0]);
  return wanted.filter(({ name }) => !names.includes(name));
}

/** The quotes that all the siblings have. */
function quoteOf(siblings: readonly Scalar[]): string {
  const isAll = (type: string): boolean => siblings.length > 0 && siblings.every((one) => one.type === type);
  if (isAll('QUOTE_DOUBLE')) return '"';
  return isAll('QUOTE_SINGLE') ? "'" : '';
}
