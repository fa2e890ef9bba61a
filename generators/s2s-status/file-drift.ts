import type { RelPath } from '../_engine/model/paths.ts';
import type { Finding } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { recordedText } from '../_engine/record/record.ts';
import { hasMergeMarkers, recordPath } from '../_engine/repo/record-text.ts';
import type { S2sRecord } from '../_engine/record/s2s-record.ts';

/** Generated files that are gone, are not as they were written, or hold the markers of a merge. */
export function findFileDrift(repo: Repo, record: S2sRecord): readonly Finding[] {
  return [...findRecordDrift(repo), ...findGeneratedDrift(repo, record)];
}

/** A merge of the record that git has left to somebody. */
function findRecordDrift(repo: Repo): readonly Finding[] {
  if (!hasMergeMarkers(repo.read(recordPath) ?? '')) return [];
  const message = 'Two branches have recorded what they generated: s2s-status --fix joins the two.';
  return [{ state: 'conflict', path: recordPath, message }];
}

function findGeneratedDrift(repo: Repo, record: S2sRecord): readonly Finding[] {
  return Object.keys(record.files).flatMap((key): readonly Finding[] => {
    const path = key as RelPath;
    const ours = recordedText(record, path);
    const text = repo.read(path);
    if (ours === undefined) return [];
    if (text === undefined)
      return [{ state: 'missing', path, message: `${path} was generated and is gone.` }];
    const marker = /^<{7} /m.exec(text);
    if (marker !== null) {
      const line = text.slice(0, marker.index).split('\n').length;
      return [{ state: 'conflict', path, line, message: `${path} holds the markers of a merge.` }];
    }
    if (text === ours) return [];
    const line = firstDifference(ours, text);
    return [{ state: 'edited', path, line, message: `${path} was edited since it was generated.` }];
  });
}

function firstDifference(before: string, after: string): number {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return now.findIndex((line, index) => line !== old[index]) + 1 || Math.min(old.length, now.length);
}
