/** How one service of a fixture is run and tested. */
export interface FixtureService {
  /** Below the fixture's root. */
  readonly dir: string;
  /** The file that listens; undefined when the app is a plugin (fastify-cli) in `src/app.ts`. */
  readonly entry?: string;
  /** Below the service's folder. Default `tsconfig.json`. */
  readonly tsconfig?: string;
}

export interface Fixture {
  readonly runner: 'vitest' | 'jest' | 'node:test';
  readonly services: readonly FixtureService[];
  /** Folder of the auth service. */
  readonly auth: string;
}

/** An auth service and a consumer, side by side in one folder. */
function pair(
  consumer: string,
  { folder = 'services', runner = 'vitest', entry = 'src/server.ts', tsconfig = 'tsconfig.json' } = {},
): Fixture {
  return {
    runner: runner as Fixture['runner'],
    auth: `${folder}/auth`,
    services: ['auth', consumer].map((name) => ({ dir: `${folder}/${name}`, entry, tsconfig })),
  };
}

/** Every fixture: what its README says, as data. */
export const fixtures = {
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
  'absolute-paths': pair('items'),
  'autoload-options': pair('tasks', { runner: 'node:test' }),
  'chains-and-loops': {
    runner: 'vitest',
    auth: 'services/auth',
    services: [
      { dir: 'services/auth', entry: 'src/server.ts' },
      { dir: 'services/games', entry: 'src/main.ts' },
    ],
  },
  'class-handlers': pair('posts'),
  container: pair('plants', { entry: 'src/main.ts' }),
  'declared-config': pair('rooms'),
  decorators: {
    runner: 'vitest',
    auth: 'services/auth',
    services: [{ dir: 'services/auth', entry: 'src/server.ts' }],
  },
  'jest-mapper': pair('notes', { runner: 'jest', entry: 'src/index.ts' }),
  'jwt-namespaces': pair('profile'),
  'licensed-files': pair('maps'),
  'lying-formatter': pair('songs'),
  'node-redis': pair('carts', { runner: 'node:test' }),
  'pnpm-catalog': pair('menu', { folder: 'packages', tsconfig: 'tsconfig.app.json' }),
  'root-guard': pair('orders'),
  'start-server': pair('stock', { entry: 'src/index.ts' }),
  strictest: pair('seats', { runner: 'node:test' }),
  'top-level-await': pair('weather', { entry: 'src/main.ts' }),
  'type-provider': pair('books'),
  'verify-exists': pair('trips'),
} satisfies Readonly<Record<string, Fixture>>;

export type FixtureName = keyof typeof fixtures;
