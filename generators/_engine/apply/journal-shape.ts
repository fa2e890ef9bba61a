import { toRel } from '../model/paths.ts';
import { forbidden, forbiddenFolder } from '../model/places.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Takes a parsed journal apart before anything is done by it, though it is signed: its paths are places to write.
 * @throws Error with the reason, RefusalError E_PATH
 */
export function assertJournalShape(parsed: unknown): void {
  if (!isObject(parsed)) throw new Error('it is not an object');
  const { id, holder, entries, folders, emptied } = parsed;
  if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id)) throw new Error('its id is invalid');
  if (typeof holder !== 'string') throw new Error('its holder is invalid');
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw new Error('its entries are invalid');
  for (const list of [folders, emptied])
    if (!Array.isArray(list) || !list.every((path) => typeof path === 'string'))
      throw new Error('its folders are invalid');
  const targets = (entries as readonly { target: string }[]).map(({ target }) => target);
  for (const path of targets) assertPath(path, forbidden(path));
  for (const path of [...(folders as string[]), ...(emptied as string[])])
    assertPath(path, forbiddenFolder(path));
}

function isEntry(entry: unknown): boolean {
  if (!isObject(entry) || typeof entry['target'] !== 'string') return false;
  const isText = (value: unknown): boolean => value === null || typeof value === 'string';
  const { before, after, mode } = entry;
  return isText(before) && isText(after) && (mode === null || Number.isInteger(mode));
}

/** No apply ever writes to git's own files, or to installed packages. */
function assertPath(path: string, never: string | undefined): void {
  if (path === '' || toRel(path) !== path)
    throw new Error(`${JSON.stringify(path)} is not a normalised path`);
  if (never !== undefined) throw new Error(`${JSON.stringify(path)} ${never}`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
