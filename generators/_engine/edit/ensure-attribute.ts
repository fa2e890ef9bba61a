import { toRel } from '../model/paths.ts';
import type { Draft } from '../repo/draft.ts';
import { recordName } from '../repo/source-files.ts';

const path = toRel('.gitattributes');

/** Has the reviews of GitHub fold the records: one line of `.gitattributes` at the root. */
export function ensureRecordAttribute(draft: Draft): void {
  const line = `${recordName} linguist-generated\n`;
  const text = draft.repo.read(path);
  if (text === undefined) {
    draft.create(path, 'attributes', line);
    return;
  }
  const isThere = text
    .split(/\r?\n/)
    .some((one) => one.includes(recordName) && one.includes('linguist-generated'));
  if (isThere) return;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lead = text === '' || text.endsWith('\n') ? '' : eol;
  draft.patch(path, 'attributes', () => [
    { start: text.length, end: text.length, text: lead + line.replace('\n', eol) },
  ]);
}
