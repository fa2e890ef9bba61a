/** TypeScript versions that the generated code compiles with: the oldest, some between, and the newest. */
export const typescriptVersions: Readonly<Record<string, string>> = {
  '5.4': '~5.4.5',
  '5.6': '~5.6.3',
  '5.9': '~5.9.3',
  '6': '^6.0.2',
  '7': '^7.0.2',
};

/** Versions that do not know all of a fixture's own options, whatever is generated in it. */
export const tooOld: Readonly<Record<string, readonly string[]>> = { strictest: ['5.4', '5.6'] };
