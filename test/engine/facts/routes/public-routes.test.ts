import { describe, expect, it } from 'vitest';

import {
  findProbes,
  knownPublicRoutes,
  likelyPublicRoutes,
  opens,
  routeKey,
} from '../../../../generators/_engine/facts/routes/public-routes.ts';
import { manifest, serviceOf } from '../service-of.ts';

const app = "import Fastify from 'fastify';\nconst app = Fastify();\n";
const swaggerUi = "import swaggerUi from '@fastify/swagger-ui';\n";
const pressure = "import pressure from '@fastify/under-pressure';\n";
const metrics = "import metrics from 'fastify-metrics';\n";
const oauth = "import oauth from '@fastify/oauth2';\n";
const proxy = "import proxy from '@fastify/http-proxy';\n";

describe('likelyPublicRoutes', () => {
  const likelyIn = (code: string): readonly string[] =>
    likelyPublicRoutes(serviceOf({ 'package.json': manifest(), 'src/app.ts': app + code })).map(routeKey);

  it.each([
    ["app.get('/health', h);", ['GET /health']],
    ["app.get('/users/healthz', h);", ['GET /users/healthz']],
    ["app.get('/api/v1/status', h);", ['GET /api/v1/status']],
    ["app.get('/api/v1/health/live', h);", ['GET /api/v1/health/live']],
    ["app.get('/docs/json', h);", ['GET /docs/json']],
    ["app.all('/metrics', h);", ['* /metrics']],
    ["app.post('/users/login', h);", ['POST /users/login']],
    ["app.get('/login/github/callback', h);", ['GET /login/github/callback']],
    ["app.post('/webhooks/stripe', h);", ['POST /webhooks/stripe']],
    ["app.get('/.well-known/jwks.json', h);", ['GET /.well-known/jwks.json']],
    ["app.all('/api/auth/*', h);", ['* /api/auth/*']],
    // A prefix that cannot be read hides no login.
    ["app.register(async (f) => { f.post('/login', h); }, { prefix: config.base });", ['POST /*/login']],
  ])('offers what is public elsewhere: %s', (code, keys) => {
    expect(likelyIn(code)).toEqual(keys);
  });

  it.each([
    "app.get('/orders/:id/status', h);",
    "app.get('/orders/status', h);",
    "app.get('/tenants/:id/health', h);",
    "app.post('/health', h);",
    "app.put('/docs/page', h);",
    "app.get('/:tenant/docs/secret', h);",
    "app.get('/documents/version', h);",
    "app.get('/users/me/health', h);",
    "app.get('/users/metrics', h);",
  ])('takes nothing of a business for it: %s', (code) => {
    expect(likelyIn(code)).toEqual([]);
  });

  it('knows what a platform asks again and again', () => {
    const code = "app.get('/health', h);\napp.get('/docs/json', h);\napp.post('/login', h);";
    expect(findProbes(serviceOf({ 'package.json': manifest(), 'src/app.ts': app + code }))).toEqual([
      '/health',
    ]);
  });
});

describe('knownPublicRoutes', () => {
  const knownIn = (code: string): readonly string[] =>
    knownPublicRoutes(serviceOf({ 'package.json': manifest(), 'src/app.ts': code })).map(routeKey);

  it.each([
    "app.get('/a', { config: { skipAuth: true } }, h);",
    "app.get('/a', { config: { auth: false } }, h);",
    "const open = { config: { public: true } };\napp.get('/a', open, h);",
    "app.route({ method: 'GET', url: '/a', schema: { security: [] }, handler: h });",
  ])('finds what says so itself: %s', (code) => {
    expect(knownIn(app + code)).toEqual(['GET /a']);
  });

  it.each([
    "app.get('/health', h);",
    "app.get('/docs/:id', h);",
    "app.get('/a', { config: { skipAuth: false } }, h);",
    "app.get('/a', { config: { auth: true } }, h);",
    "app.get('/a', { schema: { security: [{ bearer: [] }] } }, h);",
    "app.get('/a', { config: { public: true } }, h);\napp.get('/a', { constraints: { version: '2.0.0' } }, h);",
  ])('finds nothing by a name, or where two places differ: %s', (code) => {
    expect(knownIn(app + code)).toEqual([]);
  });

  it.each([
    [`${swaggerUi}${app}app.register(swaggerUi);`, ['GET /documentation/*']],
    [`${swaggerUi}${app}app.register(swaggerUi, { routePrefix: '/api/docs' });`, ['GET /api/docs/*']],
    [
      `${swaggerUi}${app}const at = '/help';\nconst options = { routePrefix: at };\napp.register(swaggerUi, options);`,
      ['GET /help/*'],
    ],
    [`${pressure}${app}app.register(pressure, { exposeStatusRoute: true });`, ['GET /status']],
    [`${pressure}${app}app.register(pressure, { exposeStatusRoute: '/alive' });`, ['GET /alive']],
    [`${pressure}${app}app.register(pressure, { exposeStatusRoute: { url: '/alive' } });`, ['GET /alive']],
    [`${metrics}${app}app.register(metrics);`, ['GET /metrics']],
    [`${metrics}${app}app.register(metrics, { endpoint: '/internal/metrics' });`, ['GET /internal/metrics']],
    [`${metrics}${app}app.register(metrics, { endpoint: { url: '/numbers' } });`, ['GET /numbers']],
    [
      `${oauth}${app}app.register(oauth, { startRedirectPath: '/login/google', callbackUri: 'https://a.example/x' });`,
      ['GET /login/google'],
    ],
    [
      `${swaggerUi}${app}app.register(async (inner) => { inner.register(swaggerUi); }, { prefix: '/v1' });`,
      ['GET /v1/documentation/*'],
    ],
    [
      `import health from 'fastify-healthcheck';\n${app}app.register(health, { prefix: '/v1', healthcheckUrl: '/up' });`,
      ['GET /v1/up'],
    ],
    [
      `import oauth2 from '@fastify/oauth2';\n${app}app.register(oauth2, { name: 'google', startRedirectPath: '/login/google' });`,
      ['GET /login/google'],
    ],
    [`${app}app.register(import('@fastify/swagger-ui'), { routePrefix: '/docs' });`, ['GET /docs/*']],
    [
      `import swagger from 'fastify-swagger';\n${app}app.register(swagger, { exposeRoute: true });`,
      ['GET /documentation/*'],
    ],
  ])('finds what a well-known package registers: %s', (code, keys) => {
    expect(knownIn(code)).toEqual(keys);
  });

  it.each([
    [
      `${pressure}export const autoConfig = { exposeStatusRoute: '/alive' };\nexport default pressure;`,
      ['GET /alive'],
    ],
    [
      `${pressure}export const autoConfig = (app) => { return { exposeStatusRoute: true }; };\nexport default pressure;`,
      ['GET /status'],
    ],
    [
      `${swaggerUi}export const autoConfig = () => ({ routePrefix: '/docs' });\nexport default swaggerUi;`,
      ['GET /docs/*'],
    ],
    [`${pressure}export default pressure;`, []],
    [`${swaggerUi}export const autoConfig = { ...given };\nexport default swaggerUi;`, []],
  ])('finds what an autoloaded file hands on of a package: %s', (plugin, keys) => {
    const service = serviceOf({
      'package.json': manifest({ '@fastify/autoload': '^6.0.0' }),
      'src/app.ts': `import autoload from '@fastify/autoload';\nimport path from 'node:path';\n${app}app.register(autoload, { dir: path.join(import.meta.dirname, 'plugins') });\n`,
      'src/plugins/handed-on.ts': plugin,
    });
    expect(knownPublicRoutes(service).map(routeKey)).toEqual(keys);
  });

  it.each([
    `${swaggerUi}${app}app.register(swaggerUi, { routePrefix: process.env.DOCS });`,
    `${swaggerUi}${app}app.register(swaggerUi, { ...options });`,
    `${swaggerUi}${app}app.register(swaggerUi, options);`,
    `${swaggerUi}${app}app.register(swaggerUi, { routePrefix: '/' });`,
    `${pressure}${app}app.register(pressure);`,
    `import health from 'fastify-healthcheck';\n${app}app.register(health, { healthcheckUrlDisable: true });`,
    `import swagger from '@fastify/swagger';\n${app}app.register(swagger);`,
    `import files from '@fastify/static';\n${app}app.register(files, { root: 'public', prefix: '/public' });`,
    `${pressure}${app}app.register(pressure, { exposeStatusRoute: false });`,
    `${pressure}${app}app.register(pressure, { exposeStatusRoute: { url: where() } });`,
    `${metrics}${app}app.register(metrics, { endpoint: null });`,
    `${metrics}${app}const other = Fastify();\nother.register(metrics);\napp.register(async (inner) => { inner.get('/a', h); });`,
    `${oauth}${app}app.register(oauth, { callbackUri: 'https://a.example/callback' });`,
    `${proxy}${app}app.register(proxy, { upstream: 'http://orders:3000', prefix: '/orders' });`,
    `${app}import swaggerUi from './swagger-ui';\napp.register(swaggerUi);`,
    `${app}import swaggerUi from '@acme/swagger-ui';\napp.register(swaggerUi);`,
  ])('finds nothing that it cannot read: %s', (code) => {
    expect(knownIn(code)).toEqual([]);
  });
});

describe('opens', () => {
  it.each([
    ['GET /a', 'GET', '/a', true],
    ['GET /a', 'HEAD', '/a', true],
    ['GET /a/*', 'GET', '/a', true],
    ['GET /a/*', 'GET', '/a/b/:id', true],
    ['GET /a', 'POST', '/a', false],
    ['HEAD /a', 'GET', '/a', false],
    ['GET /a/*', 'GET', '/ab', false],
    ['GET /a', 'GET', '/a/', false],
    ['GET /a', '*', '/a', false],
    ['/a', 'GET', '/a', false],
  ])('%s for %s %s: %s', (entry, method, url, expected) => {
    expect(opens(entry, { method, url })).toBe(expected);
  });
});
