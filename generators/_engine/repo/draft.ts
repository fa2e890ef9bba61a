import { channel } from 'node:diagnostics_channel';

import type { Edit, Plan } from '../model/plan.ts';
import { assertNone, type Obstacle, obstaclesOf } from '../model/obstacle.ts';
import { basenameRel, dirnameRel, type RelPath } from '../model/paths.ts';
import type { Entry, Repo } from '../model/repo.ts';
import { isWholeFile, type Role } from '../model/roles.ts';
import {
  applyChanges,
  changesBetween,
  composeChanges,
  joinRewrites,
  type TextChange,
} from '../model/text-change.ts';
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

/** The ranges of an edit; after a formatter those of its result, which was verified when it was planned. */
function rangesOf(edit: Edit & Readonly<{ kind: 'patch' }>, text: string): readonly TextChange[] {
  return edit.formatted === undefined
    ? edit.changes
    : joinRewrites(edit.base, changesBetween(edit.base, text), edit.changes);
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

/** The kind of an entry; `none`: as before. */
type Kind = Entry['kind'] | 'gone' | 'none';
type Kinds = ReadonlyMap<string, Kind>;

/** What was laid over a repo. */
interface Laid {
  /** By path; undefined for a file that is gone. */
  readonly texts: Map<RelPath, string | undefined>;
  /** Names in the folders that got another entry. */
  readonly names: Map<RelPath, Kinds>;
  /** Folders with a laid file in them, and those with one at any depth below. */
  readonly holding: Set<RelPath>;
  readonly around: Set<RelPath>;
}

/** Texts laid over a repo, one after another. A state that was handed out never changes. */
export class Overlay {
  readonly #base: Repo;
  #laid: Laid = { texts: new Map(), names: new Map(), holding: new Set(), around: new Set() };
  #state: Repo | undefined;

  constructor(base: Repo) {
    this.#base = base;
  }

  /** The repo with everything laid so far. */
  get state(): Repo {
    if (this.#laid.texts.size === 0) return this.#base;
    this.#state ??= stateOf(this.#base, this.#laid);
    return this.#state;
  }

  /** Lays a text where a file is or will be; undefined takes the file away. */
  lay(path: RelPath, text: string | undefined): void {
    if (this.#state !== undefined) {
      const { texts, names, holding, around } = this.#laid;
      this.#laid = {
        texts: new Map(texts),
        names: new Map(names),
        holding: new Set(holding),
        around: new Set(around),
      };
      this.#state = undefined;
    }
    this.#laid.texts.set(path, text);
    this.#laid.holding.add(dirnameRel(path));
    this.#enter(path, text === undefined ? 'gone' : 'file');
  }

  #enter(path: RelPath, kind: Kind): void {
    const { names, around } = this.#laid;
    const dir = dirnameRel(path);
    around.add(dir);
    const known = names.get(dir);
    if (known?.get(basenameRel(path)) === kind) return;
    if (kind !== 'none') names.set(dir, new Map(known).set(basenameRel(path), kind));
    if (dir !== '') this.#enter(dir, kind === 'gone' || kind === 'none' ? 'none' : 'directory');
  }
}

/** The same repo as if `edits` had been applied. */
export function overlay(repo: Repo, edits: readonly Edit[]): Repo {
  const laid = new Overlay(repo);
  for (const edit of edits) laid.lay(edit.path, textAfter(edit));
  return laid.state;
}

function stateOf(base: Repo, { texts, names, holding, around }: Laid): Repo {
  const isTouched = (dir: RelPath): boolean => holding.has(dir) || (dir !== '' && isTouched(dirnameRel(dir)));
  const state: Repo = {
    root: base.root,
    origin: base.origin,
    read: (path) => (texts.has(path) ? texts.get(path) : base.read(path)),
    list: (path) => listOver(base.list(path), names.get(path)),
    since: (dir) => (around.has(dir) || isTouched(dir) ? state : base.since(dir)),
  };
  return state;
}

function listOver(entries: readonly Entry[], names: Kinds | undefined): readonly Entry[] {
  if (names === undefined) return entries;
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  for (const [name, kind] of names) {
    if (kind === 'gone') byName.delete(name);
    else if (kind !== 'none') byName.set(name, { name, kind });
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
