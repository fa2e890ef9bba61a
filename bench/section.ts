/** What one bench has found: a part of bench/README.md. */
export interface Section {
  readonly title: string;
  /** What was measured and how, one paragraph. */
  readonly intro: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly goals: readonly Goal[];
}

export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly reached: string;
  readonly holds: boolean;
}

export function renderSection({ title, intro, head, rows, goals }: Section): string {
  const verdicts = goals.map(({ what, goal, reached, holds }) => [what, goal, reached, holds ? 'yes' : 'NO']);
  return [
    `## ${title}`,
    intro,
    table(head, rows),
    table(['what', 'goal', 'reached', 'holds'], verdicts),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A goal that a ratio must reach, or must not exceed. */
export function ratioGoal(what: string, ratio: number, bound: { least: number } | { most: number }): Goal {
  const holds = 'least' in bound ? ratio >= bound.least : ratio <= bound.most;
  const goal = 'least' in bound ? `≥ ${String(bound.least)}×` : `≤ ${String(bound.most)}×`;
  return { what, goal, reached: `${ratio.toFixed(2)}×`, holds };
}
