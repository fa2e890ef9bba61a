import type { TextChange } from '../model/text-change.ts';
import type { Insertion } from './s2s-record.ts';

interface Lines {
  readonly changes: readonly TextChange[];
  /** Lines that name a variable of the insertion and give it another value. */
  readonly edited: readonly Readonly<{ now: string; diff: string }>[];
}

/** Takes the lines of an insertion out of a file that is no code: each by its text, a variable by its name. */
export function lineChanges(text: string, { replaced = '', text: inserted }: Insertion): Lines {
  const old = new Set(replaced.split('\n').map((line) => line.trim()));
  const wanted = inserted
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !old.has(line));
  const lines = linesOf(text);
  const changes: TextChange[] = [];
  const edited: Lines['edited'][number][] = [];
  for (const line of wanted) {
    const same = lines.filter((one) => one.text.trim() === line);
    const name = nameIn(line);
    const [only, other] = same;
    if (only !== undefined && other === undefined)
      changes.push({ start: only.start, end: only.end, text: '' });
    const changed = name === undefined ? undefined : lines.find((one) => nameIn(one.text) === name);
    if (only === undefined && changed !== undefined)
      edited.push({ now: changed.text, diff: `-${line}\n+${changed.text.trim()}` });
  }
  const sorted = changes.sort((a, b) => a.start - b.start);
  return { changes: withBlankLine(text, sorted, inserted), edited };
}

function linesOf(text: string): readonly Readonly<{ text: string; start: number; end: number }>[] {
  let offset = 0;
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => {
    const start = offset;
    offset += line.length;
    return { text: line, start, end: offset };
  });
}

/** `PORT` of `PORT=1`, `# PORT=`, `- PORT=1` and `PORT: 1`. */
function nameIn(line: string): string | undefined {
  return /^[\s#-]*(?:export\s+)?["']?([A-Z][A-Z0-9_]+)["']?\s*[=:]/.exec(line)?.[1];
}

function withBlankLine(
  text: string,
  changes: readonly TextChange[],
  inserted: string,
): readonly TextChange[] {
  const [first] = changes;
  if (first === undefined || !/^\r?\n/.test(inserted)) return changes;
  const above = /(?:^|\n)([ \t]*\r?\n)$/.exec(text.slice(0, first.start))?.[1];
  return above === undefined
    ? changes
    : [{ ...first, start: first.start - above.length }, ...changes.slice(1)];
}
