/** A Markdown table. */
export function table(head: readonly string[], lines: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n');
}

/** What has the same key, in the order of the first of each. */
export function groups<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) found.set(keyOf(one), [...(found.get(keyOf(one)) ?? []), one]);
  return found;
}

/** A count with its percentage of `whole`. */
export function share(part: number, whole: number): string {
  return `${String(part)} (${((100 * part) / Math.max(1, whole)).toFixed(1)} %)`;
}
