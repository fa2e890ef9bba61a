/** How the package comes into a repo. `copied`: from the tarball and this checkout's packages, without a registry. */
export type Installer = 'npm' | 'pnpm' | 'yarn 1' | 'yarn 4' | 'yarn 4 PnP' | 'copied';

export interface Combination {
  readonly node: 20 | 22 | 24;
  readonly installer: Installer;
}

const nodes = [20, 22, 24] as const;
const installers = ['npm', 'pnpm', 'yarn 1', 'yarn 4', 'yarn 4 PnP'] as const;

/** What needs no registry: this Node, whatever it is called. */
export const offline: Combination = { node: 20, installer: 'copied' };

/** Every Node that we support with every package manager. */
export const combinations: readonly Combination[] = nodes.flatMap((node) =>
  installers.map((installer): Combination => ({ node, installer })),
);

export function nameOf({ node, installer }: Combination): string {
  return installer === 'copied' ? 'copied' : `Node ${String(node)}, ${installer}`;
}

/**
 * False where plop itself does not start: with Plug’n’Play on Node 22 and later, its loader (rechoir 0.8) looks into
 * `require.extensions`, which is not there.
 */
export function plopStarts({ node, installer }: Combination): boolean {
  return installer !== 'yarn 4 PnP' || node < 22;
}
