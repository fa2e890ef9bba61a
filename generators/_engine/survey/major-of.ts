/** Of a version range; the newest when it does not say. */
export function majorOf(range: string | undefined): number {
  const [, major] = /(\d+)/.exec(range ?? '') ?? [];
  return major === undefined ? Infinity : Number(major);
}
