import { resolve } from 'node:path';

/** Absolute path of this project. */
export const projectRoot = resolve(import.meta.dirname, '../..');
