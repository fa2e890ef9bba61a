import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Installer } from './combinations.ts';

const auth = `import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance } from 'fastify';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(fastifyJwt, { secret: process.env.JWT_SECRET ?? 'a secret of more than 32 characters' });
  app.post('/auth/login', async () => ({ token: app.jwt.sign({ sub: 'u1', email: 'ada@acme.test' }) }));
  return app;
}
`;
const orders = `import Fastify, { type FastifyInstance } from 'fastify';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(ordersRoutes);
  return app;
}

export async function ordersRoutes(app: FastifyInstance): Promise<void> {
  app.get('/orders', async () => []);
}
`;
const plopfile = "export default async (plop) => {\n  await plop.load('plop-pack-s2s');\n};\n";
const tsconfig = { compilerOptions: { module: 'NodeNext', target: 'ES2022', strict: true, noEmit: true } };

/** A workspace of two services in a temporary folder, with a plopfile, as its package manager wants it. */
export function freshRepo(installer: Installer): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 's2s-install-')));
  const write = (path: string, content: string | object): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`;
    writeFileSync(join(root, path), text);
  };
  write('package.json', { name: 'fresh', private: true, type: 'module', workspaces: ['services/*'] });
  if (installer === 'pnpm') write('pnpm-workspace.yaml', "packages:\n  - 'services/*'\n");
  if (installer.startsWith('yarn 4')) {
    const nodeLinker = installer === 'yarn 4 PnP' ? 'pnp' : 'node-modules';
    const settings = [
      'enableTelemetry: false',
      'enableImmutableInstalls: false',
      `nodeLinker: ${nodeLinker}`,
    ];
    write('.yarnrc.yml', `${settings.join('\n')}\n`);
    write('yarn.lock', '');
  }
  write('plopfile.js', plopfile);
  for (const [name, text] of Object.entries({ auth, orders })) {
    const dependencies = { fastify: '^5.12.0', ...(name === 'auth' ? { '@fastify/jwt': '^10.2.0' } : {}) };
    write(`services/${name}/package.json`, { name, private: true, type: 'module', dependencies });
    write(`services/${name}/tsconfig.json`, tsconfig);
    write(`services/${name}/src/app.ts`, text);
  }
  return root;
}
