import { readFileSync } from 'node:fs';

/** The package's own folder, three or four up: of the source or of dist. */
export const packageUrl: URL = findPackage();

/** The version of this pack, and so of its templates. */
export const packVersion = String(manifestIn(packageUrl)?.['version']);

function findPackage(): URL {
  const folders = ['../../../', '../../../../'].map((up) => new URL(up, import.meta.url));
  const found = folders.find((folder) => manifestIn(folder)?.['name'] === 'plop-pack-s2s');
  if (found === undefined)
    throw new Error('package.json of plop-pack-s2s is missing: the installation is broken');
  return found;
}

function manifestIn(folder: URL): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = readFileSync(new URL('package.json', folder), 'utf8');
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    return undefined;
  }
}
