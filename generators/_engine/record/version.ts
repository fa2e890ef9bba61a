import { readFileSync } from 'node:fs';

/** The version of this pack, and so of its templates. package.json is three or four folders up: source or dist. */
export const packVersion: string = findVersion();

function findVersion(): string {
  for (const up of ['../../../package.json', '../../../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as Record<
        string,
        unknown
      >;
      if (manifest['name'] === 'plop-pack-s2s') return String(manifest['version']);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new Error('package.json of plop-pack-s2s is missing: the installation is broken');
}
