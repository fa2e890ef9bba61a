/** How this machine reaches a registry: its certificates and proxies. */
const network = [
  'NODE_EXTRA_CA_CERTS',
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
];

/** What vitest.config.ts sets: see formatted-once.cjs. */
const formattedOnce = 'NODE_OPTIONS';

/** The environment of a user's shell: what our own test runner adds to it must not reach what we test. */
export function childEnvironment(own: Readonly<Record<string, string>>): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SystemRoot', formattedOnce, ...network];
  const entries = kept.map((name) => [name, process.env[name]] as const);
  const known = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(known), ...own };
}
