/** The part that is used of a report in Stryker's mutation-testing schema. */
export interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: { readonly line: number }; readonly end: { readonly line: number } };
}

const killed = new Set(['Killed', 'Timeout']);
const counted = new Set([...killed, 'Survived', 'NoCoverage']);

/** Killed mutants over all that could be. */
export function rateOf(reports: readonly Report[]): number {
  const mutants = reports.flatMap(({ files }) => Object.values(files)).flatMap((file) => file.mutants);
  const valid = mutants.filter(({ status }) => counted.has(status));
  return valid.filter(({ status }) => killed.has(status)).length / valid.length;
}

/** One row for each file, as Markdown. */
export function tableOf(reports: readonly Report[]): string {
  const rows = reports
    .flatMap(({ files }) => Object.entries(files))
    .map(([path, { mutants }]) => {
      const valid = mutants.filter(({ status }) => counted.has(status));
      const dead = valid.filter(({ status }) => killed.has(status));
      const share = ((100 * dead.length) / Math.max(1, valid.length)).toFixed(1);
      return `| ${path} | ${String(valid.length)} | ${String(dead.length)} | ${share} % |`;
    });
  return ['| file | mutants | killed | score |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Where no test noticed a change, and what it was. */
export function survivorsOf({ files }: Report): readonly string[] {
  return Object.entries(files).flatMap(([path, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants
      .filter(({ status }) => counted.has(status) && !killed.has(status))
      .map(({ mutatorName, replacement = '', status, location }) => {
        const line = lines[location.start.line - 1]?.trim() ?? '';
        const change = replacement.replaceAll(/\s+/gu, ' ').slice(0, 80);
        return `${path}:${String(location.start.line)} ${status} ${mutatorName}: ${line}  →  ${change}`;
      });
  });
}
