import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

import { structuredPatch } from 'diff';

import { renderText } from '../../generators/_engine/render/render.ts';
import { projectRoot } from './project-root.ts';
import { sidesOf } from './template-branches.ts';

type View = Readonly<Record<string, unknown>>;

/**
 * The one text of a template that a reviewer reads, in canonical style: `text` is rendered from `view`. The sides of
 * conditions that this view does not take are shown by `variants`: the values that differ, and the lines that they add.
 */
export interface Golden {
  readonly view: View;
  readonly variants: readonly View[];
}

const folder = join(projectRoot, 'test/goldens');

/** Where the text of a template's golden is; its views and the lines of its variants are beside it. */
export function goldenFile(template: string): string {
  return join(folder, template.replace(/\.hbs$/, ''));
}

/** Templates that have a golden. */
export function goldenTemplates(): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.views.json'))
    .map(
      (path) =>
        `${path
          .split(sep)
          .join('/')
          .replace(/\.views\.json$/, '')}.hbs`,
    )
    .sort();
}

/** The views of a golden; undefined where the template has none. */
export function readGolden(template: string): Golden | undefined {
  const file = `${goldenFile(template)}.views.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Golden) : undefined;
}

/** The files of a golden, rendered now: absolute path → text. */
export function renderGolden(template: string, { view, variants }: Golden): ReadonlyMap<string, string> {
  const file = goldenFile(template);
  const text = renderText(template, view);
  const files = new Map([
    [`${file}.views.json`, `${JSON.stringify({ view, variants }, null, 2)}\n`],
    [file, text],
  ]);
  if (variants.length > 0) files.set(variantsFile(template), sectionsOf(template, { view, variants }));
  return files;
}

/** Where the lines are that only variants have. */
export function variantsFile(template: string): string {
  return `${goldenFile(template)}.variants.txt`;
}

/** For each variant its values and, in groups, the lines that neither the golden nor a variant before it has. */
function sectionsOf(template: string, { view, variants }: Golden): string {
  const text = renderText(template, view);
  const shown = new Set(text.split('\n'));
  const sections = variants.map((values) => {
    const { hunks } = structuredPatch('', '', text, renderText(template, { ...view, ...values }), '', '', {
      context: 0,
    });
    const groups = hunks
      .map(({ lines }) => lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1)))
      .filter((lines) => lines.some((line) => !shown.has(line)));
    for (const line of groups.flat()) shown.add(line);
    return [`# ${JSON.stringify(values)}`, ...groups.flatMap((lines) => ['@@', ...lines])].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}

/** What a view has that the golden's view has not; `null` for what it lacks. */
export function differingValues(golden: Golden | undefined, view: object): View {
  const base = golden?.view ?? {};
  const own = plain(view);
  const keys = [...new Set([...Object.keys(base), ...Object.keys(own)])].sort();
  const differing = keys.filter((key) => JSON.stringify(own[key]) !== JSON.stringify(base[key]));
  return Object.fromEntries(differing.map((key) => [key, own[key] ?? null]));
}

/** As JSON has it, whatever class the values are of. */
function plain(view: object): View {
  return JSON.parse(JSON.stringify(view)) as View;
}

/**
 * Writes the golden of a template anew. The first view that it gets is its own; a later one becomes a variant where it
 * takes a side of a condition that nothing has shown.
 */
export function updateGolden(template: string, view: object): void {
  const golden = usable(template) ?? { view: plain(view), variants: [] };
  const shown = new Set(viewsOf(golden).flatMap((own) => [...sidesOf(template, own)]));
  const isNew = [...sidesOf(template, view)].some((side) => !shown.has(side));
  const variants = isNew ? [...golden.variants, differingValues(golden, view)] : golden.variants;
  for (const [file, text] of renderGolden(template, { ...golden, variants })) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** The views that a golden is rendered from: its own, then those of its variants. */
export function viewsOf({ view, variants }: Golden): readonly View[] {
  return [view, ...variants.map((values) => ({ ...view, ...values }))];
}

/** The golden that is there, unless the template reads something that its views lack. */
function usable(template: string): Golden | undefined {
  const golden = readGolden(template);
  try {
    if (golden !== undefined) renderGolden(template, golden);
    return golden;
  } catch {
    return undefined;
  }
}

/** Whether two views give the same, whatever order their keys have. */
export function isSameView(view: View, other: object): boolean {
  return Object.keys(differingValues({ view, variants: [] }, other)).length === 0;
}
