import type { Edit } from '../model/plan.ts';
import { basenameRel, dirnameRel, type RelPath } from '../model/paths.ts';
import type { Entry, Repo } from '../model/repo.ts';
import { textAfter } from './repo.ts';

/** What a name stands for; `none`: what it did before. */
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
