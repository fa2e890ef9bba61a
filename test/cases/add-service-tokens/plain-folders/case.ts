import type { Case } from '../../../helpers/case.ts';

/** CommonJS on Fastify 4, whose jose is version 5; the plugin is registered without options. */
export const testCase: Case = {
  fixture: 'plain-folders',
  files: {
    'jobs/package.json': JSON.stringify({
      name: 'jobs',
      private: true,
      dependencies: { fastify: '^4.28.1' },
    }),
    'jobs/tsconfig.json':
      '{ "compilerOptions": { "target": "ES2022", "module": "commonjs", "strict": true, "esModuleInterop": true } }\n',
    'jobs/src/index.ts': `import Fastify from "fastify";

async function main() {
    const server = Fastify({ logger: true });

    server.get("/health", async () => ({ status: "ok" }));

    await server.listen({ port: Number(process.env.PORT) || 4003 });
}

main();
`,
  },
  after: [{ generator: 'add-auth-middleware', args: ['--target', 'orders', '--protect', 'orderRoutes'] }],
  args: ['--target', 'orders', '--allow', 'jobs', '--protect', 'orderRoutes'],
  probe: [{ service: 'orders', path: '/orders', status: 401 }],
};
