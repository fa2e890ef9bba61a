import { channel } from 'node:diagnostics_channel';

import type { Edit, Plan } from '../model/plan.ts';
import { isObstacle, type Obstacle, type Refusal, refuse } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { isWholeFile, type Role } from '../model/roles.ts';
import { applyChanges, changesBetween, composeChanges, type TextChange } from '../model/text-change.ts';
import { Overlay } from './overlay.ts';
import { textAfter } from './repo.ts';

/** Publishes `{ path, text }` for each file planned, before any formatter: see `plop-pack-s2s:render`. */
const planned = channel('plop-pack-s2s:plan');

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
  return new EditDraft(repo);
}

class EditDraft implements Draft {
  readonly #base: Repo;
  readonly #overlay: Overlay;
  readonly #edits = new Map<RelPath, Edit>();
  readonly #wanted: NonNullable<Plan['wanted']>[number][] = [];
  readonly #notes = new Set<string>();
  readonly #obstacles: Obstacle[] = [];

  constructor(base: Repo) {
    this.#base = base;
    this.#overlay = new Overlay(base);
  }

  get repo(): Repo {
    return this.#overlay.state;
  }

  get failed(): boolean {
    return this.#obstacles.length > 0;
  }

  create(path: RelPath, role: Role, text: string): void {
    this.#wanted.push({ path, role, text });
    planned.publish({ path, text });
    const edit = editTowards(this.#base, path, this.#edits.get(path)?.role ?? role, text);
    if (edit !== undefined) this.#edits.set(path, edit);
    else if (!this.#edits.delete(path)) return;
    this.#overlay.lay(path, text);
  }

  patch(path: RelPath, role: Role, ensure: (base: string) => readonly TextChange[] | Obstacle): void {
    const base = this.repo.read(path);
    if (base === undefined) {
      this.#obstacles.push(missingFile(path));
      return;
    }
    const changes = ensure(base);
    if (isObstacle(changes)) this.#obstacles.push(changes.at ? changes : { ...changes, at: { path } });
    else if (changes.length > 0) this.#change(path, role, changes, applyChanges(base, changes));
  }

  /** Changes of the text as it is planned; ranges in a file of the user's are kept to be proven. */
  #change(path: RelPath, role: Role, changes: readonly TextChange[], text: string): void {
    const edit = this.#edits.get(path);
    const base = this.#base.read(path);
    if (base === undefined || isWholeFile(edit?.role ?? role)) {
      this.create(path, role, text);
      return;
    }
    const known = edit?.kind === 'patch' ? edit : { kind: 'patch' as const, path, role, base, changes: [] };
    if (text === base) this.#edits.delete(path);
    else this.#edits.set(path, { ...known, changes: composeChanges(base, known.changes, changes) });
    this.#overlay.lay(path, text);
  }

  include(plan: Plan | Refusal): void {
    if (!plan.ok) {
      this.#obstacles.push(...plan.obstacles);
      return;
    }
    for (const edit of plan.edits) {
      const text = textAfter(edit);
      if (text === undefined) this.#delete(edit);
      else if (edit.kind === 'patch' && edit.base === this.repo.read(edit.path))
        this.#change(edit.path, edit.role, rangesOf(edit, text), text);
      else this.create(edit.path, edit.role, text);
    }
    this.#wanted.push(...(plan.wanted ?? []));
    for (const note of plan.notes) this.#notes.add(note);
  }

  #delete(edit: Edit): void {
    this.#edits.set(edit.path, edit);
    this.#overlay.lay(edit.path, undefined);
  }

  note(sentence: string): void {
    this.#notes.add(sentence);
  }

  obstruct(obstacle: Obstacle): void {
    this.#obstacles.push(obstacle);
  }

  finish(): Plan | Refusal {
    const [first, ...more] = this.#obstacles;
    if (first !== undefined) return refuse(first, ...more);
    return { ok: true, edits: [...this.#edits.values()], notes: [...this.#notes], wanted: this.#wanted };
  }
}

/** Where a formatter had its say: what it came to, which was proven when it was planned. */
function rangesOf(edit: Edit & Readonly<{ kind: 'patch' }>, text: string): readonly TextChange[] {
  return edit.formatted === undefined ? edit.changes : changesBetween(edit.base, text);
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
    message: `${path} was deleted after the survey of the repository.`,
    remedy: 'Run the command again.',
  };
}
