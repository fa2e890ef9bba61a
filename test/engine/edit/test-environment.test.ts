import { describe, expect, it } from 'vitest';

import { testEnvironment } from '../../../generators/_engine/edit/env-schema.ts';
import { manifest, serviceOf } from '../facts/service-of.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

const app = "import Fastify from 'fastify';\nexport const app = Fastify();\n";

function environmentOf(files: Readonly<Record<string, string>>): readonly string[] {
  return testEnvironment(serviceOf({ 'src/app.ts': app, ...files }), memoryRepo(files));
}

describe('testEnvironment', () => {
  it('has what a zod schema demands, from the example or made to fit', () => {
    const env = `import { z } from 'zod';
const schema = z.object({
  PORT: z.coerce.number().default(1),
  SENTRY: z.string().optional(),
  BROKERS: z.string().min(1),
  PASSWORD: z.string(),
  DB_URL: z.string().url(),
  KEY: z.string().min(12),
  WORKERS: z.coerce.number().int(),
  REGION: z.enum(['eu', 'us']),
  MAIL: z.email(),
});
export const env = schema.parse(process.env);
`;
    const example = `BROKERS="kafka:9092" # of the cluster\nPASSWORD='it''s'\nKEY=\n`;
    const files = { 'package.json': manifest({ zod: '4' }), 'src/env.ts': env, '.env.example': example };
    expect(environmentOf(files)).toEqual([
      "BROKERS: 'kafka:9092'",
      "PASSWORD: 'it'",
      "DB_URL: 'http://localhost'",
      "KEY: 'test-key----'",
      "WORKERS: '1'",
      "REGION: 'eu'",
      "MAIL: 'test@example.com'",
    ]);
  });

  it('has what envalid demands', () => {
    const env = `import { cleanEnv, port, str } from 'envalid';
export const env = cleanEnv(process.env, { PORT: port({ default: 1 }), NAME: str(), METRICS_PORT: port() });
`;
    const files = { 'package.json': manifest({ envalid: '8' }), 'src/env.ts': env };
    expect(environmentOf(files)).toEqual(["NAME: 'test-name'", "METRICS_PORT: '1'"]);
  });

  it('is empty where nothing is read when it is imported', () => {
    expect(environmentOf({ 'src/env.ts': 'export const url = process.env.URL;' })).toEqual([]);
  });
});
