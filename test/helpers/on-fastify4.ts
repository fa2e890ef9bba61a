import type { Case } from './case.ts';

type Files = NonNullable<Case['files']>;
type Wanted = Files[string];

/** What the manifests of the npm-workspaces fixture name, and what goes with Fastify 4 instead. */
const versions = [
  ['"fastify": "^5.12.0"', '"fastify": "^4.28.1"'],
  ['"fastify-plugin": "^5.0.1"', '"fastify-plugin": "^4.5.1"'],
  ['"@fastify/jwt": "^10.2.0"', '"@fastify/jwt": "^8.0.1"'],
] as const;

/** Overlays of the npm-workspaces fixture, one upon the other, and its manifests as a service on Fastify 4 has them. */
export function onFastify4(overlays: readonly Files[]): Files {
  const manifests = ['auth', 'user', 'billing'].map((name): [string, Wanted] => [
    `services/${name}-service/package.json`,
    (text) => versions.reduce((changed, [newer, older]) => changed.replace(newer, older), text),
  ]);
  const files = new Map<string, Wanted>();
  for (const [path, wanted] of [...overlays.flatMap((overlay) => Object.entries(overlay)), ...manifests])
    files.set(path, files.has(path) ? after(files.get(path), wanted) : wanted);
  return Object.fromEntries(files);
}

/** The second of two changes of one file. */
function after(first: Wanted, second: Wanted): Wanted {
  if (typeof second !== 'function') return second;
  if (first === undefined) throw new Error('A file that is gone cannot be changed');
  return typeof first === 'string' ? second(first) : (text) => second(first(text));
}
