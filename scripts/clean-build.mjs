// A file that has no source any more must not be published.
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
