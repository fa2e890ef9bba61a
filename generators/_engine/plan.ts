import type { Edit, Obstacle, Plan, Refusal, RelPath, Repo, Role, TextChange } from './contract.ts';
import { isObstacle, refuse } from './obstacle.ts';
import { overlay, textAfter } from './repo.ts';
import { applyChanges, changesBetween } from './text-change.ts';

/** A plan in the making: each call sees the repo as the calls before it left it. */
export interface Draft {
  /** The repo with everything planned so far. */
  readonly repo: Repo;
  readonly failed: boolean;
  /** Plans a whole file; a file with this very text is no edit. */
  create(path: RelPath, role: Role, text: string): void;
  /** Plans changes of a file that exists; an Obstacle is collected, no change is no edit. */
  patch(path: RelPath, role: Role, ensure: (base: string) => readonly TextChange[] | Obstacle): void;
  /** Takes in a plan that was made on `draft.repo`. */
  include(plan: Plan | Refusal): void;
  note(sentence: string): void;
  obstruct(obstacle: Obstacle): void;
  /** The plan, or every obstacle that was met. */
  finish(): Plan | Refusal;
}

/** Starts an empty plan on a repo. */
export function openDraft(repo: Repo): Draft {
  const edits = new Map<RelPath, Edit>();
  const notes = new Set<string>();
  const obstacles: Obstacle[] = [];
  const current = (): Repo => overlay(repo, [...edits.values()]);

  const put = (path: RelPath, role: Role, text: string): void => {
    const edit = editTowards(repo, path, edits.get(path)?.role ?? role, text);
    if (edit === undefined) edits.delete(path);
    else edits.set(path, edit);
  };

  return {
    get repo() {
      return current();
    },
    get failed() {
      return obstacles.length > 0;
    },
    create: put,
    patch(path, role, ensure) {
      const base = current().read(path);
      if (base === undefined) {
        obstacles.push(missingFile(path));
        return;
      }
      const changes = ensure(base);
      if (isObstacle(changes)) obstacles.push(changes.at ? changes : { ...changes, at: { path } });
      else if (changes.length > 0) put(path, role, applyChanges(base, changes));
    },
    include(plan) {
      if (!plan.ok) {
        obstacles.push(...plan.obstacles);
        return;
      }
      for (const edit of plan.edits) {
        const text = textAfter(edit);
        if (text === undefined) edits.set(edit.path, edit);
        else put(edit.path, edit.role, text);
      }
      for (const note of plan.notes) notes.add(note);
    },
    note: (sentence) => void notes.add(sentence),
    obstruct: (obstacle) => void obstacles.push(obstacle),
    finish() {
      const [first, ...more] = obstacles;
      if (first !== undefined) return refuse(first, ...more);
      return { ok: true, edits: [...edits.values()], notes: [...notes] };
    },
  };
}

/** The one edit that makes the file at `path` hold `text`; undefined when it does. */
export function editTowards(repo: Repo, path: RelPath, role: Role, text: string): Edit | undefined {
  const base = repo.read(path);
  if (base === undefined) return { kind: 'create', path, role, text };
  const changes = changesBetween(base, text);
  return changes.length === 0 ? undefined : { kind: 'patch', path, role, base, changes };
}

function missingFile(path: RelPath): Obstacle {
  return {
    code: 'E_FILE_CHANGED',
    at: { path },
    message: `${path} is gone: it was there when the repository was surveyed.`,
    remedy: 'Run the command again.',
  };
}
