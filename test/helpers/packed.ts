import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';

import { projectRoot } from './project-root.ts';

export interface PackedPackage {
  /** Absolute path of the tarball, in a temporary folder of its own. */
  readonly tarball: string;
  /** Paths inside it, sorted. */
  readonly files: readonly string[];
  readonly unpackedBytes: number;
}

interface NpmPackReport {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let packed: Promise<PackedPackage> | undefined;

/** What `npm publish` would send, packed once in a process; the global setup has built it. */
export function packPackage(): Promise<PackedPackage> {
  packed ??= pack();
  return packed;
}

async function pack(): Promise<PackedPackage> {
  const folder = mkdtempSync(join(tmpdir(), 's2s-packed-'));
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await execa('npm', args, { cwd: projectRoot, stdin: 'ignore' });
  const [report] = JSON.parse(stdout) as NpmPackReport[];
  if (report === undefined) throw new Error(`npm pack made nothing: ${stdout}`);
  return {
    tarball: join(folder, report.filename),
    files: report.files.map(({ path }) => path).sort(),
    unpackedBytes: report.unpackedSize,
  };
}
