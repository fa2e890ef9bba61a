/** How one service of a fixture is run and tested. */
export interface FixtureService {
  /** Below the fixture's root. */
  readonly dir: string;
  /** The file that listens; undefined when the app is a plugin (fastify-cli) in `src/app.ts`. */
  readonly entry?: string;
}

export interface Fixture {
  readonly runner: 'vitest' | 'jest' | 'node:test';
  readonly services: readonly FixtureService[];
  /** Folder of the auth service. */
  readonly auth: string;
}

export type FixtureName = 'npm-workspaces' | 'plain-folders' | 'fastify-cli' | 'singleton-zod';

/** Every fixture: what its README says, as data. */
export const fixtures: Readonly<Record<FixtureName, Fixture>> = {
  'npm-workspaces': {
    runner: 'vitest',
    auth: 'services/auth-service',
    services: ['auth', 'user', 'billing'].map((name) => ({
      dir: `services/${name}-service`,
      entry: 'src/server.ts',
    })),
  },
  'plain-folders': {
    runner: 'jest',
    auth: 'auth',
    services: ['auth', 'orders'].map((dir) => ({ dir, entry: 'src/index.ts' })),
  },
  'fastify-cli': {
    runner: 'node:test',
    auth: 'apps/auth',
    services: [{ dir: 'apps/auth' }, { dir: 'apps/notes' }],
  },
  'singleton-zod': {
    runner: 'vitest',
    auth: 'services/identity',
    services: ['identity', 'catalog'].map((name) => ({ dir: `services/${name}`, entry: 'src/index.ts' })),
  },
};
