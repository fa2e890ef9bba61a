import { describe, expect, it } from 'vitest';

import { findAuthAddress } from '../../../../generators/add-auth-middleware/wiring.ts';
import { findUrlVariable } from '../../../../generators/_engine/facts/config/config.ts';
import { surveyService } from '../../../../generators/_engine/facts/app/service.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

type Files = Readonly<Record<string, string>>;

const listening = (options: string, port: number): string =>
  `import Fastify from 'fastify';\nconst app = Fastify(${options});\napp.listen({ port: ${String(port)} });\n`;
const open = (files: Files) =>
  memoryRepo({
    'users/package.json': manifest({ zod: '^4.0.0' }, { name: 'users' }),
    'users/src/app.ts': listening('', 3000),
    'identity/package.json': manifest({}, { name: '@acme/identity-service' }),
    'identity/src/app.ts': listening('', 3001),
    ...files,
  });

function variableIn(files: Files, auth = 'identity'): string {
  const repo = open(files);
  const head = surveyHeads(repo).find(({ name }) => name === 'users');
  const service = head && surveyService(repo, head);
  if (service === undefined) throw new Error('no service');
  const address = findAuthAddress(repo, auth);
  return findUrlVariable(repo, service, address.auth);
}

describe('findUrlVariable', () => {
  it.each<readonly [string, Files, string]>([
    ['nothing', {}, 'AUTH_SERVICE_URL'],
    ['an example', { 'users/.env.example': 'AUTH_URL=http://localhost:3001\n' }, 'AUTH_URL'],
    [
      'a schema',
      {
        'users/src/env.ts':
          "import { z } from 'zod';\nexport const env = z.object({ AUTH_BASE_URL: z.string().url().default('http://localhost:3001') }).parse(process.env);\n",
      },
      'AUTH_BASE_URL',
    ],
    [
      'the name of the service',
      { 'users/src/client.ts': "const url = process.env.IDENTITY_URL ?? 'http://identity:80/';\n" },
      'IDENTITY_URL',
    ],
    [
      'one of its own already',
      { 'users/.env.example': 'AUTH_URL=http://localhost:3001\nAUTH_SERVICE_URL=http://localhost:3001\n' },
      'AUTH_SERVICE_URL',
    ],
    ['another service', { 'users/.env.example': 'BILLING_URL=http://localhost:3001\n' }, 'AUTH_SERVICE_URL'],
    ['another port', { 'users/.env.example': 'AUTH_URL=http://localhost:9999\n' }, 'AUTH_SERVICE_URL'],
    ['itself', { 'users/.env.example': 'AUTH_URL=http://localhost:3000\n' }, 'AUTH_SERVICE_URL'],
    [
      'a path',
      { 'users/.env.example': 'AUTH_TOKEN_URL=http://localhost:3001/oauth/token\n' },
      'AUTH_SERVICE_URL',
    ],
  ])('finds the variable of %s', (_, files, variable) => {
    expect(variableIn(files)).toBe(variable);
  });

  it('goes by the name where the service is not in the repo', () => {
    expect(variableIn({ 'users/.env.example': 'AUTH_URL=https://auth.example.com\n' }, 'none')).toBe(
      'AUTH_URL',
    );
  });
});

describe('findAuthAddress', () => {
  it.each([
    ['{ https: { key, cert } }', 'https://localhost:3001'],
    ['{ https: production ? { key } : null }', 'http://localhost:3001'],
    ['{ https: null }', 'http://localhost:3001'],
  ])('has the scheme of a service that is made with %s', (options, defaultUrl) => {
    const repo = open({ 'identity/src/app.ts': listening(options, 3001) });
    expect(findAuthAddress(repo, 'identity')).toMatchObject({ defaultUrl });
  });
});
