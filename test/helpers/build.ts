import { execa } from 'execa';

import { projectRoot } from './project-root.ts';

/** Vitest global setup: builds the package, so that the doors are tested as they ship. */
export default async function setup(): Promise<void> {
  await execa('npm', ['run', 'build', '--silent'], { cwd: projectRoot, stdin: 'ignore' });
}
