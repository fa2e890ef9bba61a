/**
 * True when a range of a package.json allows a version below `major.minor`: `^4.10.2` and `4.10.2` are below 4.24, since
 * a lock file may hold the very one that is named; `^4` and `catalog:` tell nothing and are not.
 */
export function allowsBelow(range: string | undefined, major: number, minor = 0): boolean {
  const [, first, second] = /^[\s^~=v>]*(\d+)(?:\.(\d+))?/.exec(range ?? '') ?? [];
  if (first === undefined) return false;
  return Number(first) < major || (Number(first) === major && second !== undefined && Number(second) < minor);
}
