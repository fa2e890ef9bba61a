import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fixture = fileURLToPath(new URL('../fixtures/npm-workspaces/', import.meta.url));
const filesInFolder = 100;

/** A repo of that many services and other files; the auth service is one of the services. */
export interface SyntheticRepo {
  readonly services: number;
  readonly otherFiles: number;
}

/** Writes the baseline fixture with copies of its user-service, and other files beside them, into an empty folder. */
export function writeSyntheticRepo(root: string, { services, otherFiles }: SyntheticRepo): void {
  for (const file of ['package.json', 'tsconfig.base.json']) cpSync(join(fixture, file), join(root, file));
  cpSync(join(fixture, 'services/auth-service'), join(root, 'services/auth-service'), { recursive: true });
  for (let number = 1; number < services; number += 1) copyService(root, `s${String(number)}-service`);
  for (let number = 0; number < otherFiles; number += 1) writeOther(root, number);
}

function copyService(root: string, name: string): void {
  const folder = join(root, 'services', name);
  cpSync(join(fixture, 'services/user-service'), folder, { recursive: true });
  const manifest = join(folder, 'package.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('user-service', name));
}

/** Half of it is TypeScript that has nothing to do with a service. */
function writeOther(root: string, number: number): void {
  const folder = join(root, 'assets', `part-${String(Math.floor(number / filesInFolder))}`);
  if (number % filesInFolder === 0) mkdirSync(folder, { recursive: true });
  const isCode = number % 2 === 0;
  const text = isCode ? `export const item${String(number)} = ${String(number)};\n` : `${String(number)}\n`;
  writeFileSync(join(folder, `item-${String(number)}.${isCode ? 'ts' : 'txt'}`), text);
}
