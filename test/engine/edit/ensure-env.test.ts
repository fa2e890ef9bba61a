import { describe, expect, it } from 'vitest';

import type { EnvDeclarationWant } from '../../../generators/_engine/edit/env-schema.ts';
import { ensureEnv } from '../../../generators/_engine/edit/declare-variables.ts';
import { ensureEnvDeclaration, ensureEnvType } from '../../../generators/_engine/edit/declare-variables.ts';
import { edited, style } from './edited.ts';
import { obstaclesFrom } from '../refused.ts';

describe('ensureEnv', () => {
  const want = { name: 'URL', value: 'http://localhost:1', comment: 'Where it is.' };
  const added = (base: string): string => edited(base, '.env.example', (text) => ensureEnv(text, want));

  it('adds to the end, with the line breaks of the file', () => {
    expect(added('')).toBe('# Where it is.\nURL=http://localhost:1\n');
    expect(added('A=1\r\n')).toBe('A=1\r\n# Where it is.\r\nURL=http://localhost:1\r\n');
    expect(added('A=1')).toBe('A=1\n# Where it is.\nURL=http://localhost:1');
    expect(added('BASE_URL=1\n')).toContain('\nURL=');
  });

  it.each([
    ['A = "1"\nB = ""\n', 'URL = "http://localhost:1"'],
    ["A='1'\nB='2'\n", "URL='http://localhost:1'"],
    ['A = "1"\nB=2\n', 'URL=http://localhost:1'],
  ])('is written as all the others are: %j', (base, line) => {
    expect(added(base)).toBe(`${base}# Where it is.\n${line}\n`);
  });

  it.each(['URL=', '# URL=x', 'export URL=x', '#URL = x'])('sees %s', (line) => {
    expect(ensureEnv(`A=1\n${line}\n`, want)).toEqual([]);
  });
});

describe('ensureEnvDeclaration', () => {
  type Config = EnvDeclarationWant['config'];
  const added = (base: string, config: Config, want: Partial<EnvDeclarationWant> = {}): string =>
    edited(base, 'env.ts', (text) =>
      ensureEnvDeclaration(text, { config, name: 'URL', type: 'url', default: 'http://a', ...want }, style),
    );
  const zod: Config = { style: 'zod', schema: 'schema' };
  const json: Config = { style: '@fastify/env', schema: 'schema' };
  const envalid: Config = { style: 'envalid', schema: 'env' };
  const optional = { type: 'string', default: undefined } as unknown as Partial<EnvDeclarationWant>;

  it('zod', () => {
    const base =
      'const other = z.object({});\nconst schema = z.object({\n  A: z.string(), // a\n}).strict();\n';
    expect(added(base, zod)).toBe(
      base.replace('// a\n', "// a\n  URL: z.string().url().default('http://a'),\n"),
    );
    expect(added(base, zod, optional)).toContain('\n  URL: z.string().min(1).optional(),\n');
    expect(added('const schema = z.object({ A: z.url() });', zod)).toBe(
      "const schema = z.object({ A: z.url(), URL: z.url().default('http://a') });",
    );
    expect(added('export const env = z.object({}).parse(process.env);\n', { style: 'zod' })).toBe(
      "export const env = z.object({\n  URL: z.string().url().default('http://a'),\n}).parse(process.env);\n",
    );
  });

  it('JSON schema and TypeBox', () => {
    const base =
      "const schema = {\n  type: 'object',\n  properties: {\n    A: { type: 'string' }\n  }\n} as const;\n";
    expect(added(base, json)).toBe(
      base.replace("'string' }\n", "'string' },\n    URL: { type: 'string', default: 'http://a' }\n"),
    );
    expect(added(base, json, optional)).toContain("URL: { type: 'string' }\n");
    expect(added('const schema = Type.Object({ A: Type.String() })', json, optional)).toBe(
      'const schema = Type.Object({ A: Type.String(), URL: Type.Optional(Type.String()) })',
    );
  });

  it('JSON schema with a type beside it', () => {
    const base = `declare module 'fastify' {
  interface FastifyInstance {
    config: {
      PORT: number;
      HOST: string; // where
    };
    other: { a: string };
  }
}
const schema = {
  type: 'object',
  properties: {
    PORT: { type: 'number' },
    HOST: { type: 'string' }
  }
};
export const autoConfig = { schema };
`;
    const next = added(base, json);
    expect(next).toBe(
      base
        .replace('HOST: string; // where', 'HOST: string; // where\n      URL: string;')
        .replace(
          "HOST: { type: 'string' }\n",
          "HOST: { type: 'string' },\n    URL: { type: 'string', default: 'http://a' }\n",
        ),
    );
    expect(added(base, json, optional)).toContain('URL?: string;');
  });

  it('envalid, with the import of the validator', () => {
    expect(
      added(
        "import { cleanEnv, str } from 'envalid';\nconst env = cleanEnv(process.env, {\n  A: str(),\n});\n",
        envalid,
      ),
    ).toBe(
      "import { cleanEnv, str, url } from 'envalid';\nconst env = cleanEnv(process.env, {\n  A: str(),\n  URL: url({ default: 'http://a' }),\n});\n",
    );
    expect(
      added(
        "import * as e from 'envalid';\nconst env = e.cleanEnv(process.env, { A: e.str() });\n",
        envalid,
        optional,
      ),
    ).toContain('URL: e.str({ default: undefined })');
  });

  it('has nothing to do for process.env and for what is declared', () => {
    const want: EnvDeclarationWant = { config: { style: 'process.env' }, name: 'URL', type: 'url' };
    expect(ensureEnvDeclaration('', want, style)).toEqual([]);
    expect(
      ensureEnvDeclaration("const schema = z.object({ 'URL': z.url() });", { ...want, config: zod }, style),
    ).toEqual([]);
  });

  it('gives the line when the schema is not an object', () => {
    const wanted = { config: zod, name: 'URL', type: 'url', default: 'http://a' } as const;
    expect(obstaclesFrom(() => ensureEnvDeclaration('const schema = build();', wanted, style))).toMatchObject(
      [{ code: 'E_NO_REGISTRATION_PLACE', manual: "URL: z.string().url().default('http://a')," }],
    );
  });
});

describe('ensureEnvType', () => {
  const added = (base: string, initial?: string): string =>
    edited(base, 'env.ts', (text) =>
      ensureEnvType(text, { name: 'URL', ...(initial !== undefined && { default: initial }) }, style),
    );

  it('adds to the interface of variables, as its siblings are', () => {
    expect(added('interface Config {\n\tPORT: number; // of HTTP\n}\n')).toBe(
      'interface Config {\n\tPORT: number; // of HTTP\n\tURL?: string;\n}\n',
    );
    expect(added('type A = { PORT: number, KEY: string }', 'x')).toBe(
      'type A = { PORT: number, KEY: string, URL: string }',
    );
    expect(added('interface Config {\r\n  PORT: number\r\n}')).toBe(
      'interface Config {\r\n  PORT: number\r\n  URL?: string\r\n}',
    );
  });

  it('leaves other types alone', () => {
    const base = 'interface User { id: string; NAME: string }\n';
    expect(ensureEnvType(base, { name: 'URL' }, style)).toEqual([]);
  });
});
