import { channel } from 'node:diagnostics_channel';

import type { Edit, Plan } from '../model/plan.ts';
import { assertNone, type Obstacle, obstaclesOf } from '../model/obstacle.ts';
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
  /** Collected so far; the steps that depend on what failed can be left out. */
  readonly obstacles: readonly Obstacle[];
  readonly failed: boolean;
  /** Plans a whole file; a file with this very text is no edit. */
  create(path: RelPath, role: Role, text: string): void;
  /** Plans changes of a file that exists; obstacles of `ensure` are collected, no change is no edit. */
  patch(path: RelPath, role: Role, ensure: (base: string) => readonly TextChange[]): void;
  /** Takes over an edit that was planned on `draft.repo`. */
  add(edit: Edit): void;
  /** Takes over a plan that was made on `draft.repo`; the obstacles of one that is refused are collected. */
  include(plan: Plan | Promise<Plan>): Promise<void>;
  note(...sentences: readonly string[]): void;
  obstruct(...obstacles: readonly Obstacle[]): void;
  /** The plan. @throws RefusalError with every obstacle that was collected */
  finish(): Plan;
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
  readonly obstacles: Obstacle[] = [];

  constructor(base: Repo) {
    this.#base = base;
    this.#overlay = new Overlay(base);
  }

  get repo(): Repo {
    return this.#overlay.state;
  }

  get failed(): boolean {
    return this.obstacles.length > 0;
  }

  create(path: RelPath, role: Role, text: string): void {
    this.#wanted.push({ path, role, text });
    planned.publish({ path, text });
    const edit = editTowards(this.#base, path, this.#edits.get(path)?.role ?? role, text);
    if (edit !== undefined) this.#edits.set(path, edit);
    else if (!this.#edits.delete(path)) return;
    this.#overlay.lay(path, text);
  }

  patch(path: RelPath, role: Role, ensure: (base: string) => readonly TextChange[]): void {
    const base = this.repo.read(path);
    if (base === undefined) {
      this.obstacles.push(missingFile(path));
      return;
    }
    try {
      const changes = ensure(base);
      if (changes.length > 0) this.#change(path, role, changes, applyChanges(base, changes));
    } catch (error) {
      this.obstruct(...obstaclesOf(error).map((obstacle) => ({ at: { path }, ...obstacle })));
    }
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

  add(edit: Edit): void {
    const text = textAfter(edit);
    if (text === undefined) this.#delete(edit);
    else if (edit.kind === 'patch' && edit.base === this.repo.read(edit.path))
      this.#change(edit.path, edit.role, rangesOf(edit, text), text);
    else this.create(edit.path, edit.role, text);
  }

  async include(plan: Plan | Promise<Plan>): Promise<void> {
    try {
      const { edits, notes, wanted = [] } = await plan;
      for (const edit of edits) this.add(edit);
      this.#wanted.push(...wanted);
      this.note(...notes);
    } catch (error) {
      this.obstruct(...obstaclesOf(error));
    }
  }

  #delete(edit: Edit): void {
    this.#edits.set(edit.path, edit);
    this.#overlay.lay(edit.path, undefined);
  }

  note(...sentences: readonly string[]): void {
    for (const sentence of sentences) this.#notes.add(sentence);
  }

  obstruct(...obstacles: readonly Obstacle[]): void {
    this.obstacles.push(...obstacles);
  }

  finish(): Plan {
    assertNone(this.obstacles);
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
