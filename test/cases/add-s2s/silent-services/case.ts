import type { Case } from '../../../helpers/case.ts';

/** Services with a port of their own that log nothing, without a logout route and without a GET that is guarded. */
export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--target', 'orders', '--protect', 'orderRoutes'],
  files: {
    'orders/tsconfig.json': (text) =>
      text.replace('"strict": true', '"strict": true, "noUnusedLocals": true'),
    'auth/src/index.ts': (text) =>
      text
        .replace('Fastify({ logger: true })', 'Fastify()')
        .replace('Number(process.env.PORT) || 4001', '24171'),
    'auth/src/routes/auth.ts': (text) => text.replace(/ {4}server\.post\("\/logout"[^]*?\n {4}\}\);\n/, ''),
    'orders/src/index.ts': (text) =>
      text
        .replace('Fastify({ logger: true })', 'Fastify()')
        .replace('Number(process.env.PORT) || 4002', '24172'),
    'orders/src/routes/orders.ts': (text) => text.replace(/ {4}server\.get[^]*?(?= {4}server\.post)/, ''),
  },
};
