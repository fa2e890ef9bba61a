import { describe, expect, it } from 'vitest';

import { findPublicRoutes } from '../../../generators/_engine/survey/public-routes.ts';
import { manifest, serviceOf } from './service-of.ts';

const app = "import Fastify from 'fastify';\nconst app = Fastify();\n";

describe('findPublicRoutes', () => {
  const publicIn = (code: string, dependencies = {}): readonly string[] =>
    findPublicRoutes(serviceOf({ 'package.json': manifest(dependencies), 'src/app.ts': `${app}${code}` }));

  it.each([
    ["app.get('/health', h);", ['/health']],
    ["app.get('/users/healthz', h);", ['/users/healthz']],
    ["app.get('/api/v1/status', h);", ['/api/v1/status']],
    ["app.get('/docs/json', h);", ['/docs/*']],
    ["app.all('/metrics', h);", ['/metrics']],
  ])('finds probes and documentation: %s', (code, urls) => {
    expect(publicIn(code)).toEqual(urls);
  });

  it.each([
    "app.get('/orders/:id/status', h);",
    "app.get('/orders/status', h);",
    "app.get('/tenants/:id/health', h);",
    "app.post('/health', h);",
    "app.get('/:tenant/docs/secret', h);",
    "app.get('/documents/version', h);",
    "app.get('/users/me/health', h);",
    "app.get('/users/metrics', h);",
  ])('takes nothing of a business for a probe: %s', (code) => {
    expect(publicIn(code)).toEqual([]);
  });

  it.each([
    "app.get('/a', { config: { skipAuth: true } }, h);",
    "app.get('/a', { config: { auth: false } }, h);",
    "const open = { config: { public: true } };\napp.get('/a', open, h);",
    "app.route({ method: 'POST', url: '/a', schema: { security: [] }, handler: h });",
  ])('finds what is marked: %s', (code) => {
    expect(publicIn(code)).toEqual(['/a']);
  });

  it.each([
    "app.get('/a', { config: { skipAuth: false } }, h);",
    "app.get('/a', { config: { auth: true } }, h);",
    "app.get('/a', { schema: { security: [{ bearer: [] }] } }, h);",
    "app.get('/a', { config: { public: true } }, h);\napp.post('/a', h);",
  ])('leaves guarded what is not, or not whole: %s', (code) => {
    expect(publicIn(code)).toEqual([]);
  });
});
