import { execa } from 'execa';

import { projectRoot } from './project-root.ts';

/** Vitest loads this module anew for each project, but in one process. */
const shared = globalThis as { s2sBuild?: Promise<unknown> };

/** Vitest global setup: builds the package, once for all projects, so that the doors are tested as they ship. */
export default async function setup(): Promise<void> {
  shared.s2sBuild ??= execa('npm', ['run', 'build', '--silent'], { cwd: projectRoot, stdin: 'ignore' });
  await shared.s2sBuild;
}
