import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction, constants } from 'node:vm';
import { brotliDecompressSync } from 'node:zlib';

import type { Repo } from '../model/repo.ts';
import { packageUrl } from '../record/version.ts';
import type { RunToRender, Wanted } from './render-run.ts';

/** What a released version exports, bundled into one file: `renderRecorded` of its time. */
interface Released {
  readonly renderRecorded: (repo: Repo, run: RunToRender) => Promise<Wanted>;
}

const loaded = new Map<string, Released>();

/**
 * The renderer of a released version, from the package and never from the repository; undefined for a version that the
 * package does not carry. Its contract are `Repo`, the answers and the files that it gives: they stay as they are.
 */
export function findReleased(version: string): Released | undefined {
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) return undefined;
  const url = new URL(`released/${version}.cjs.br`, packageUrl);
  if (!existsSync(url)) return undefined;
  const released = loaded.get(version) ?? loadReleased(url);
  loaded.set(version, released);
  return released;
}

/** Runs a bundle of `npm run freeze`, with the packages that this version depends on. */
export function loadReleased(url: URL): Released {
  const code = brotliDecompressSync(readFileSync(url)).toString('utf8');
  const module = { exports: {} as Released };
  const run = compileFunction(code, ['module', 'exports', 'require'], {
    filename: url.pathname,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as (module: object, exports: object, require: NodeJS.Require) => void;
  run(module, module.exports, createRequire(packageUrl));
  return module.exports;
}
