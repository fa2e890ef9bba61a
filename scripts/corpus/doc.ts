/**
 * Writes the tables of docs/corpus.md from what the corpus and the naive ways left as JSON:
 * `npm run corpus:doc -- <rows.json>… --naive <naive.json> --named owner/name,owner/name`. What stands outside of the
 * marked block of the page is written by hand and stays.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { format } from 'prettier';

import { projectRoot } from '../../test/helpers/project-root.ts';
import { isWrong, type NaiveRow, type Row } from './report.ts';
import { groups, share, table } from './tables.ts';
import { verdicts } from './verdict.ts';

const page = join(projectRoot, 'docs/corpus.md');
const [start, end] = ['<!-- corpus:begin -->', '<!-- corpus:end -->'];
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { naive: { type: 'string' }, named: { type: 'string', default: '' } },
});
const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const rows = positionals.flatMap((path) => read(path) as readonly Row[]);
const naive = values.naive === undefined ? [] : (read(values.naive) as readonly NaiveRow[]);
const named = new Set(values.named.split(','));

const text = readFileSync(page, 'utf8');
const parts = [summary(), byRepository(), refusals(), damage()].join('\n\n');
const next = `${text.slice(0, text.indexOf(start) + start.length)}\n\n${parts}\n\n${text.slice(text.indexOf(end))}`;
writeFileSync(page, await format(next, { parser: 'markdown', printWidth: 120 }));

function isApplied({ result }: Row): boolean {
  return result === 'applied';
}

/** Without its packages a service is neither compiled nor run. */
function isRun({ boot }: Row): boolean {
  return !boot.includes('not installed');
}

function summary(): string {
  const line = (name: string, own: readonly Row[]): readonly (string | number)[] => {
    const pairs = [...groups(own, ({ repo, generator }) => `${repo} ${generator}`).values()];
    const tests = own.reduce((sum, one) => sum + (parseInt(one.tests, 10) || 0), 0);
    return [
      name,
      groups(own, ({ repo }) => repo).size,
      groups(own, ({ repo, service }) => `${repo} ${service}`).size,
      own.length,
      share(own.filter(isApplied).length, own.length),
      `${share(pairs.filter((pair) => pair.every(isApplied)).length, pairs.length)} of ${String(pairs.length)}`,
      own.filter((row) => isApplied(row) && isRun(row)).length,
      tests,
      own.filter(({ boot }) => boot === 'yes').length,
      own.reduce((sum, { routes }) => sum + (Number(routes) || 0), 0),
      share(own.filter(isWrong).length, own.length),
    ];
  };
  const head = [
    '',
    'repositories',
    'services',
    'rows',
    'applied',
    'pairs applied whole',
    'compiled and run',
    'tests passed',
    'boots',
    'routes asked',
    'wrong',
  ];
  return `## In short\n\n${table(head, [
    line(
      'named by the research',
      rows.filter(({ repo }) => named.has(repo)),
    ),
    line(
      'looked at by nobody before',
      rows.filter(({ repo }) => !named.has(repo)),
    ),
    line('all', rows),
  ])}`;
}

function byRepository(): string {
  const head = [
    'repository',
    'generator',
    'applied',
    'files',
    'lines + / −',
    'its tests',
    'boots',
    'routes asked',
    'verify',
    'undone',
    'wrong',
  ];
  const lines = [...groups(rows, ({ repo, generator }) => `${repo}\0${generator}`).values()].map((own) => {
    const applied = own.filter(isApplied);
    const sum = (of: (row: Row) => number): number => applied.reduce((total, row) => total + of(row), 0);
    const booted = applied.filter(({ boot }) => boot === 'yes').length;
    const able = applied.filter(({ boot }) => !boot.startsWith('–')).length;
    const idle = applied.flatMap(({ tests }) => /\((\d+) not runnable\)/.exec(tests)?.[1] ?? []);
    const unjudged = idle.reduce((total, count) => total + Number(count), 0);
    const tests = sum(({ tests: text }) => parseInt(text, 10) || 0);
    return [
      `${own[0]?.repo ?? ''} @ ${own[0]?.commit ?? ''}`,
      own[0]?.generator ?? '',
      `${String(applied.length)} of ${String(own.length)}`,
      sum(({ files }) => files),
      `${String(sum(({ linesAdded }) => linesAdded))} / ${String(sum(({ linesRemoved }) => linesRemoved))}`,
      !applied.some(isRun)
        ? ''
        : unjudged === 0
          ? tests
          : `${String(tests)}, ${String(unjudged)} not runnable`,
      !applied.some(isRun) ? '' : able === 0 ? '–' : `${String(booted)} of ${String(able)}`,
      sum(({ routes }) => Number(routes) || 0) || '',
      [...new Set(applied.map(({ verify }) => verify).filter((one) => one !== ''))].join('; '),
      `${String(applied.filter(({ undo }) => undo === 'yes').length)} of ${String(applied.length)}`,
      own.filter(isWrong).length,
    ];
  });
  return `## Every repository\n\n${table(head, lines)}\n\n${wrong()}`;
}

function wrong(): string {
  const lines = rows.filter(isWrong).map(({ generator, problems, repo, service }) => {
    const said = problems.map((one) => one.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').slice(0, 200));
    return [repo, `${service}: ${generator}`, said.join(' · ')];
  });
  const head = ['repository', 'service and generator', 'what is wrong'];
  return `## What is wrong\n\n${lines.length === 0 ? 'Nothing.' : table(head, lines)}`;
}

function refusals(): string {
  const refused = rows.filter((row) => !isApplied(row));
  const lines = [
    ...groups(refused, ({ repo, result, refusal }) => `${repo}\0${result}\0${refusal}`).values(),
  ].map((own) => {
    const where = [...new Set(own.map(({ service, generator }) => `${service}: ${generator}`))].join(', ');
    const clean = (value: string): string => value.replaceAll('|', '\\|').replaceAll('\n', ' ');
    const { repo = '', result = '', refusal = '', manual = '' } = own[0] ?? {};
    return [repo, where, result, clean(refusal), manual === '' ? '' : `\`${clean(manual)}\``];
  });
  const head = ['repository', 'service and generator', 'code', 'what was said', 'by hand'];
  return `## What was refused\n\n${lines.length === 0 ? 'Nothing.' : table(head, lines)}`;
}

function damage(): string {
  const lines = [...groups(naive, ({ way }) => way)].map(([way, own]) => [
    way,
    own.length,
    ...verdicts.map((verdict) => own.filter((one) => one.verdict === verdict).length),
  ]);
  return `## The naive way\n\n${table(['way', 'app files', ...verdicts], lines)}`;
}
