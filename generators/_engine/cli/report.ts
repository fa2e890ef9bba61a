import { createColors } from 'picocolors';

import type { Finding } from '../model/plan.ts';
import { kindOfLines, kindsOfLines } from '../model/roles.ts';
import type { Change, FlatObstacle, Outcome } from './outcome.ts';
import { allPrintable, printable } from './terminal.ts';

/**
 * `colour` as the terminal and NO_COLOR have it. `diff` is shown above the summary of a dry run. Not for a `terminal`, diff
 * and drawing are handed over byte for byte: git and others read them.
 */
export interface ReportOptions {
  readonly colour: boolean;
  readonly terminal: boolean;
  readonly diff: string;
  /** What a run over the whole repository is told that finds nothing to do. */
  readonly unchanged?: string | undefined;
}

type Colours = ReturnType<typeof createColors>;

/** What a person reads after a run. Names, messages and code come from a repository: none of them drives the terminal. */
export function reportOf(
  decided: Outcome,
  { colour, terminal, diff, unchanged = 'nothing to change' }: ReportOptions,
): string {
  const colours = createColors(colour);
  const outcome = allPrintable(decided);
  if (outcome.status === 'refused') return refusalReport(outcome, colours);
  if (decided.output !== undefined) return terminal ? printable(decided.output) : decided.output;
  const names = outcome.targets.map(({ service }) => service).join(', ') || 'the repository';
  const isThere = outcome.targets.length === 0 ? unchanged : `${names} is up to date, nothing to change`;
  const heading = {
    applied: `${colours.green('✔')} ${outcome.generator} changed ${names}`,
    planned: `${colours.cyan('●')} ${outcome.generator} would change ${names} (nothing was written)`,
    unchanged: `${colours.green('✔')} ${outcome.generator}: ${isThere}`,
    drift: `${colours.yellow('!')} ${outcome.generator} found drift`,
    conflicts: `${colours.yellow('!')} ${outcome.generator} left conflicts in ${names}`,
    failed: `${colours.red('✖')} ${outcome.generator} failed`,
  }[outcome.status];
  return [
    ...(outcome.status === 'planned' ? [colourDiff(terminal ? printable(diff) : diff, colours)] : []),
    heading,
    ...changeTree(outcome.changes, colours),
    ...linesByKind(outcome.changes),
    ...outcome.findings.map((finding) => findingLine(finding, colours)),
    ...section('Notes', outcome.notes, colours),
    ...section('Next', outcome.next, colours),
    ...(outcome.status === 'unchanged' || outcome.status === 'drift'
      ? []
      : section('Run it again without questions', [outcome.command], colours)),
    '',
  ].join('\n');
}

function refusalReport(outcome: Outcome, colours: Colours): string {
  const blocks = outcome.obstacles.map((obstacle) => obstacleBlock(obstacle, colours));
  const heading = `${colours.red('✖')} ${outcome.generator}: nothing was changed`;
  return [heading, ...blocks, ''].join('\n\n').trimEnd() + '\n';
}

function obstacleBlock(obstacle: FlatObstacle, colours: Colours): string {
  const line = obstacle.line === undefined ? '' : `:${String(obstacle.line)}`;
  const place = obstacle.path === undefined ? '' : ` ${colours.dim(`${obstacle.path}${line}`)}`;
  return [
    `  ${colours.red(obstacle.code)}${place}`,
    ...indented(obstacle.message),
    ...(obstacle.frame === undefined ? [] : indented(obstacle.frame)),
    ...indented(`→ ${obstacle.remedy}`),
    ...(obstacle.manual === undefined ? [] : indented(`By hand:\n${obstacle.manual}`)),
  ].join('\n');
}

function indented(text: string): readonly string[] {
  return text.split('\n').map((line) => `    ${line}`);
}

/** The changed files, below the folder that each stands in. */
function changeTree(changes: readonly Change[], colours: Colours): readonly string[] {
  const byFolder = new Map<string, Change[]>();
  for (const change of changes) {
    const folder = change.path.includes('/') ? change.path.slice(0, change.path.lastIndexOf('/') + 1) : '';
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), change]);
  }
  const width = Math.max(...changes.map(({ path }) => path.length - path.lastIndexOf('/') - 1), 0);
  return [...byFolder].flatMap(([folder, own]) => {
    const lines = own.map(({ action, path, role }) => {
      const sign = { create: colours.green('+'), modify: colours.yellow('~'), delete: colours.red('-') }[
        action
      ];
      const name = path.slice(folder.length).padEnd(width);
      return `${folder === '' ? '  ' : '    '}${sign} ${name}  ${colours.dim(role)}`;
    });
    return folder === '' ? lines : [`  ${colours.bold(folder)}`, ...lines];
  });
}

/** `Lines: run-time code +1,838, tests +2,147, wiring +14 -1, records +56` */
function linesByKind(changes: readonly Change[]): readonly string[] {
  const parts = kindsOfLines.flatMap((kind) => {
    const own = changes.filter(({ role }) => kindOfLines(role) === kind);
    const count = (sign: '+' | '-', key: 'added' | 'removed'): string => {
      const lines = own.reduce((sum, change) => sum + change[key], 0);
      return lines === 0 ? '' : ` ${sign}${lines.toLocaleString('en')}`;
    };
    const counts = count('+', 'added') + count('-', 'removed');
    return counts === '' ? [] : [kind + counts];
  });
  return parts.length === 0 ? [] : ['', `Lines: ${parts.join(', ')}`];
}

function findingLine({ state, path, line, message }: Finding, colours: Colours): string {
  const place = line === undefined ? path : `${path}:${String(line)}`;
  return `  ${colours.yellow(state.padEnd(11))} ${place}\n              ${colours.dim(message)}`;
}

function section(title: string, lines: readonly string[], colours: Colours): readonly string[] {
  return lines.length === 0 ? [] : ['', colours.bold(title), ...lines.map((line) => `  ${line}`)];
}

function colourDiff(diff: string, colours: Colours): string {
  if (!colours.isColorSupported) return diff;
  return diff
    .split('\n')
    .map((line) => {
      if (/^(diff --git|---|\+\+\+) /.test(line)) return colours.bold(line);
      if (line.startsWith('@@')) return colours.cyan(line);
      if (line.startsWith('+')) return colours.green(line);
      return line.startsWith('-') ? colours.red(line) : line;
    })
    .join('\n');
}
