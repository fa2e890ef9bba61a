import { applyChanges, type TextChange } from '../../generators/_engine/model/text-change.ts';

/** The text with the changes, and with each of them taken back by what the record keeps: place, removed, inserted. */
export function undone(base: string, changes: readonly TextChange[]): string {
  const sorted = [...changes].sort((a, b) => a.start - b.start || a.end - b.end);
  let shift = 0;
  const back = sorted.map(({ start, end, text }): TextChange => {
    const at = start + shift;
    shift += text.length - (end - start);
    return { start: at, end: at + text.length, text: base.slice(start, end) };
  });
  return applyChanges(applyChanges(base, changes), back);
}
