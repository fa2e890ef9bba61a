/** The environment of a user's shell: what our own test runner adds to it must not reach what we test. */
export function childEnvironment(own: Readonly<Record<string, string>>): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SystemRoot'];
  const entries = kept.map((name) => [name, process.env[name]] as const);
  const known = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(known), ...own };
}
