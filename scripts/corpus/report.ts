/** What one generator did to one service of a copy. */
export interface Row {
  readonly repo: string;
  readonly commit: string;
  readonly services: number;
  readonly auth: string;
  readonly service: string;
  readonly generator: string;
  /** `applied`, or the code of the first obstacle. */
  readonly result: string;
  /** What was said when it was refused. */
  readonly refusal: string;
  /** The steps by hand that came with it; '' for none. */
  readonly manual: string;
  readonly files: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  /** Generated test files that the service's own runner passes. */
  readonly tests: string;
  /** `boots`, `no`, or `–` where it does not boot before either. */
  readonly boot: string;
  /** How many routes were asked before and after; '' where it does not boot. */
  readonly routes: string;
  /** Status of the verify route without and with a token. */
  readonly verify: string;
  /** What the owner reads after the run. */
  readonly notes: readonly string[];
  /** By route: status without and with a token before, and the same after. */
  readonly answers: Readonly<Record<string, readonly number[]>>;
  /** `s2s-undo` gives the bytes back. */
  readonly undo: string;
  /** Why the row is wrong; [] when it is not. */
  readonly problems: readonly string[];
}

/** What one way of editing did to the app file of one service. */
export interface NaiveRow {
  readonly repo: string;
  readonly service: string;
  readonly way: string;
  readonly verdict: string;
}

export function isWrong({ problems }: Row): boolean {
  return problems.length > 0;
}

/** The rows as a Markdown table. */
export function tableOf(rows: readonly Row[]): string {
  const head = [
    '| repository | service | generator | result | files | lines + / − | its tests | boots | routes asked | verify | undone | wrong |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const lines = rows.map((row) => {
    const lineCounts = `${String(row.linesAdded)} / ${String(row.linesRemoved)}`;
    const cells = [
      `${row.repo} @ ${row.commit}`,
      row.service,
      row.generator,
      row.result,
      ...(row.result === 'applied' ? [String(row.files), lineCounts, row.tests] : ['', '', '']),
      row.boot,
      row.routes,
      row.verify,
      row.undo,
      String(row.problems.length),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [...head, ...lines].join('\n');
}

/** How many rows applied, were refused and were wrong. */
export function summaryOf(rows: readonly Row[]): string {
  const applied = rows.filter(({ result }) => result === 'applied').length;
  const codes = new Map<string, number>();
  for (const { result } of rows) if (result !== 'applied') codes.set(result, (codes.get(result) ?? 0) + 1);
  const refused = [...codes].map(([code, count]) => `${code} ${String(count)}`).join(', ');
  const share = ((100 * applied) / Math.max(1, rows.length)).toFixed(1);
  return [
    '',
    `${String(rows.length)} rows in ${String(new Set(rows.map(({ repo }) => repo)).size)} repositories:`,
    `${String(applied)} applied (${share} %), refused: ${refused === '' ? 'none' : refused};`,
    `${String(rows.filter(isWrong).length)} wrong.`,
  ].join(' ');
}
