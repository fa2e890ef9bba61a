import { describe, expect, it } from 'vitest';

import type { RelPath } from '../../../generators/_engine/model/paths.ts';
import type { Outcome } from '../../../generators/_engine/cli/outcome.ts';
import { reportOf } from '../../../generators/_engine/cli/report.ts';

const evil = 'a\u001B[2Jb\u009B1mc\u0007d\u202Ee\rf';
const shown = 'a\\x1b[2Jb\\x9b1mc\\x07d\\u202ee\\x0df';
const outcome: Outcome = {
  schema: 1,
  generator: 'add-s2s',
  status: 'planned',
  targets: [{ service: evil, root: evil as RelPath }],
  changes: [{ path: `src/${evil}.ts` as RelPath, action: 'create', role: 'source', added: 1, removed: 0 }],
  obstacles: [],
  findings: [{ state: 'edited', path: evil as RelPath, message: evil }],
  notes: [evil],
  next: [`cd ${evil}`],
  command: evil,
};
const refused: Outcome = {
  ...outcome,
  status: 'refused',
  obstacles: [
    {
      code: 'E_SYNTAX',
      path: evil,
      line: 1,
      frame: evil,
      message: `${evil}\nnext\r\n`,
      remedy: evil,
      manual: evil,
    },
  ],
};

function control(text: string): readonly string[] {
  return text.match(/[^\P{C}\n]/gu) ?? [];
}

describe('a report', () => {
  it.each([
    ['of a plan', outcome],
    ['of findings', { ...outcome, status: 'drift' }],
    ['of a refusal', { ...refused, obstacles: refused.obstacles.map((one) => ({ ...one, message: evil })) }],
  ] as const)('%s shows what would drive the terminal', (_name, one) => {
    const text = reportOf(one, { colour: false, terminal: false, diff: '' });
    expect(control(text)).toEqual([]);
    expect(text).toContain(shown);
  });

  it('counts the lines by what a reviewer reads them for', () => {
    const changes: Outcome['changes'] = [
      { path: 'a.ts' as RelPath, action: 'create', role: 'service-client', added: 1200, removed: 0 },
      { path: 'b.ts' as RelPath, action: 'create', role: 'source', added: 34, removed: 0 },
      { path: 'app.ts' as RelPath, action: 'modify', role: 'registration', added: 3, removed: 1 },
      { path: 'a.test.ts' as RelPath, action: 'delete', role: 'unit-test', added: 0, removed: 90 },
    ];
    const text = reportOf({ ...outcome, changes }, { colour: false, terminal: false, diff: '' });
    expect(text).toContain('\nLines: run-time code +1,234, tests -90, wiring +3 -1\n');
  });

  it('says in the words of its generator that there is nothing to do', () => {
    const unchanged: Outcome = { ...outcome, status: 'unchanged', targets: [] };
    const options = { colour: false, terminal: false, diff: '' };
    expect(reportOf(unchanged, options)).toContain('add-s2s: nothing to change\n');
    expect(reportOf(unchanged, { ...options, unchanged: 'all is well' })).toContain('add-s2s: all is well\n');
  });

  it('keeps line breaks, and its own colours', () => {
    const text = reportOf(refused, { colour: true, terminal: true, diff: '' });
    expect(text).toContain('\n    next\r\n');
    expect(text).toContain('\u001B[31mE_SYNTAX');
    expect(text).not.toContain(evil);
  });

  it('hands a diff and a drawing over byte for byte, but not to a terminal', () => {
    const diff = `+const a = '${evil}';\n`;
    const drawing = { ...outcome, status: 'unchanged', output: `${evil}\n` } as const;
    const options = { colour: false, terminal: false, diff };
    expect(reportOf(outcome, options)).toContain(diff);
    expect(reportOf(drawing, options)).toBe(`${evil}\n`);
    expect(reportOf(outcome, { ...options, terminal: true })).toContain(`+const a = '${shown}';\n`);
    expect(reportOf(drawing, { ...options, terminal: true })).toBe(`${shown}\n`);
  });
});
