import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { surveyService } from '../../../../generators/_engine/facts/app/service.ts';
import {
  type NamedShapes,
  printDeclaration,
  printShape,
  type TypedRoute,
} from '../../../../generators/_engine/facts/route-types/shape.ts';
import { readRouteTypes } from '../../../../generators/_engine/facts/route-types/route-reader.ts';
import type { ServiceHead } from '../../../../generators/_engine/model/service.ts';
import { openSurvey } from '../../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../../generators/_engine/repo/services.ts';
import { projectRoot } from '../../../helpers/project-root.ts';
import { memoryRepo } from '../../repo/memory-repo.ts';
import { manifest } from '../service-of.ts';

/** Below the project, so that the packages which it has installed are found. */
const root = join(projectRoot, 'test/engine/nowhere');

interface Row {
  readonly what: string;
  /** A plugin's body: `app` is the instance. */
  readonly code: string;
  readonly types: string;
  /** In front of the plugin. */
  readonly above?: string;
  readonly files?: Readonly<Record<string, string>>;
}
const rows: readonly Row[] = [
  {
    what: 'a value that the handler returns',
    code: "app.get('/x', () => ({ status: 'ok', count: 1, tags: ['a'] }));",
    types: 'answer { status: string; count: number; tags: string[]; }',
  },
  {
    what: 'a promise of an interface, which keeps its name',
    above: `interface Person { id: string; born: Date; nick?: string; greet(): void; boss: Person | undefined }
      declare function find(): Promise<Person[]>;`,
    code: `app.get('/x', async () => find());`,
    types:
      'answer Person[] export interface Person { id: string; born: string; nick?: string; boss?: Person; }',
  },
  {
    what: 'statuses that are sent, each with its type',
    code: `app.get<{ Params: { id: string } }>('/x/:id', async (request, reply) => {
        if (request.params.id === '') return reply.code(400).send({ reason: 'empty' });
        if (request.params.id === '0') { reply.code(404); return { error: 'none' }; }
        return { id: request.params.id };
      });`,
    types: 'params { id: string; } answer { id: string; } 400 { reason: string; } 404 { error: string; }',
  },
  {
    what: 'one side of ?? that is a reply',
    above: 'declare function find(): { id: number } | undefined;',
    code: `app.get('/x', async (request, reply) => find() ?? reply.code(404).send({ error: 'none' }));`,
    types: 'answer { id: number; } 404 { error: string; }',
  },
  {
    what: 'what a callback sends',
    code: "app.get('/x', (request, reply) => { setTimeout(() => { reply.send({ late: true }); }, 1); });",
    types: 'answer { late: boolean; }',
  },
  {
    what: 'a response schema, which drops fields',
    code: `const schema = { response: { 200: { type: 'object', required: ['id'], properties: {
        id: { type: 'string' }, size: { type: 'integer', default: 3 }, kind: { enum: ['a', 'b', null] }, tags: { type: 'array', items: { type: ['string', 'null'] } } } } } };
      app.get('/x', { schema }, async () => ({ id: '1', secret: 'x' }));`,
    types: `answer { id: string; size: number; kind?: 'a' | 'b' | null; tags?: (string | null)[]; }`,
  },
  {
    what: 'schemas of another file, spread and referred to',
    above: "import { base, shared } from './schemas.js';",
    code: `      app.addSchema(shared);
      app.post('/x', { schema: { ...base, querystring: { type: 'object', properties: { page: { type: 'integer' } } } } }, async () => ({}));`,
    files: {
      'schemas.ts': `export const shared = { $id: 'user', type: 'object', required: ['id'], properties: { id: { type: 'string' } } } as const;
        export const base = { body: { $ref: 'user#' }, response: { '2xx': { type: 'array', items: { $ref: 'user#' } }, 404: { type: 'null' } } };`,
    },
    types: 'query { page?: number; } body User answer User[] 404 void export interface User { id: string; }',
  },
  {
    what: 'Zod, over files',
    above: "import { user } from './schemas.js';",
    code: `      app.post('/x', { schema: { body: user, response: { 201: user.pick({ id: true }) } } }, async () => ({ id: 1 }));`,
    files: {
      'schemas.ts': `import { z } from 'zod';
        export const user = z.object({ id: z.string(), age: z.number().default(3), role: z.enum(['a', 'b']).optional(), born: z.date() });`,
    },
    types: `body { id: string; born: string; age?: number; role?: 'a' | 'b'; } answer { id: string; }`,
  },
  {
    what: 'TypeBox',
    above: "import { Type } from '@sinclair/typebox';",
    code: `      const User = Type.Object({ id: Type.String(), age: Type.Optional(Type.Integer()), tags: Type.Array(Type.Union([Type.Literal('a'), Type.Null()])) });
      app.get('/x', { schema: { params: Type.Object({ id: Type.String() }), response: { 200: { type: 'object', required: ['user'], properties: { user: User } } } } }, async () => ({}));`,
    types: `params { id: string; } answer { user: { age?: number; id: string; tags: ('a' | null)[]; }; }`,
  },
  {
    what: 'TypeBox 1, whose types are the schemas',
    above: "import { Type } from 'typebox';",
    code: `      const Status = Type.Union([Type.Literal('new'), Type.Literal('done')]);
      const Task = Type.Object({ id: Type.Integer({ minimum: 1 }), status: Status, note: Type.Optional(Type.String()), by: Type.Unsafe<Date>(Type.String()) });
      const response = { 200: Type.Object({ total: Type.Integer(), tasks: Type.Array(Task), counts: Type.Record(Type.String(), Type.Number()) }), 404: Type.Object({ message: Type.String() }) };
      app.get('/x', { schema: { querystring: Type.Object({ status: Type.Optional(Status) }), response } }, async () => ({}));`,
    types: `query { status?: 'done' | 'new'; } answer { total: number; tasks: { id: number; status: 'done' | 'new'; note?: string; by: string; }[]; counts: Record<string, number>; } 404 { message: string; }`,
  },
  {
    what: 'type arguments, Reply by status too',
    above: 'interface Draft { name: string; at: Date }',
    code: `app.put<{ Params: { id: string }; Querystring: { dry?: boolean }; Body: Draft; Reply: { 200: { ok: true }; 409: { by: string } } }>('/x/:id', async (request, reply) => reply.send({ ok: true }));`,
    types:
      'params { id: string; } query { dry?: boolean; } body Draft answer { ok: true; } 409 { by: string; } export interface Draft { name: string; at: string; }',
  },
  {
    what: 'types of the request parameter',
    above: "import type { FastifyRequest } from 'fastify';",
    code: `      app.post('/x', async (request: FastifyRequest<{ Body: { a: number } }>) => request.body.a > 1);`,
    types: 'body { a: number; } answer boolean',
  },
  {
    what: 'a handler of another file, and one of a class',
    above: "import { Users } from './users.js';",
    code: `      const users = new Users();
      app.get('/x', users.list);`,
    files: {
      'users.ts': `export class Users { #secret = 1; private shown = 'x'; get virtual() { return 1; }
        list = async () => [this]; }`,
    },
    types: 'answer Users[] export interface Users { shown: string; }',
  },
  {
    what: 'a handler that a factory has made',
    above: `import type { FastifyReply, FastifyRequest } from 'fastify';
      const handlersOf = async (app: FastifyInstance) => ({
        async show(request: FastifyRequest, reply: FastifyReply) { reply.code(200).send({ port: app.version }); } });`,
    code: `      const { show } = await handlersOf(app);
      app.get('/x', show);`,
    types: 'answer { port: string; }',
  },
  {
    what: 'a handler by an interface, of its only class',
    above: `import type { FastifyReply } from 'fastify';
      interface Users { list(request: unknown, reply: FastifyReply): Promise<void> }
      class OwnUsers implements Users {
        async list(request: unknown, reply: FastifyReply) { reply.send([{ id: 1 }]); } }
      declare const users: Users;`,
    code: "app.get('/x', users.list.bind(users));",
    types: 'answer { id: number; }[]',
  },
  {
    what: 'a handler that may send anything',
    above: `import type { FastifyReply } from 'fastify';
      declare function list(request: unknown, reply: FastifyReply): Promise<void>;`,
    code: "app.get('/x', list);",
    types: 'answer unknown',
  },
  {
    what: 'a whole route with its handler inside',
    code: "app.route({ method: 'POST', url: '/x', schema: { operationId: 'makeX' }, handler: async (_, reply) => reply.status(201).send({ id: 1n, when: new Date(), blob: Buffer.from('x') }) });",
    types: "body unknown answer { id: unknown; when: string; blob: { type: 'Buffer'; data: number[]; }; }",
  },
  {
    what: 'unions, tuples, records, enums and what leads back to itself',
    above: `enum Level { Low = 'low', High = 'high' }
      type Tree = { level: Level; next: Tree[]; pair: [string, number]; more: Record<string, boolean>; f: () => void; s: symbol; either: 'x' | 1 | null };
      declare const tree: Tree;`,
    code: `app.get('/x', async () => tree);`,
    types: `answer Tree export interface Tree { level: 'high' | 'low'; next: Tree[]; pair: (number | string)[]; more: Record<string, boolean>; either: 'x' | 1 | null; }`,
  },
  {
    what: 'text, which is no JSON',
    code: "app.get('/x', async () => '<p>hello</p>');",
    types: "answer '<p>hello</p>' as text",
  },
  {
    what: 'text by its schema',
    code: "app.get('/x', { schema: { response: { 200: { type: 'string' } } } }, async () => 'x');",
    types: 'answer string as text',
  },
  {
    what: 'what can be piped',
    above: "import { createGzip } from 'node:zlib';",
    code: "app.get('/x', (_, reply) => { const zip = createGzip(); reply.send(zip); });",
    types: 'answer unknown as text',
  },
  {
    what: 'no body',
    code: "app.delete('/x', async (_, reply) => reply.code(204).send());",
    types: 'answer void',
  },
  {
    what: 'any',
    above: 'declare function f(): any;',
    code: "app.get('/x', async () => f());",
    types: 'answer unknown',
  },
  {
    what: 'a package that is not installed',
    above: "import { find } from 'not-installed';",
    code: "app.get('/x', async () => ({ id: '1', found: find() }));",
    types: 'answer { id: string; found: unknown; }',
  },
];

/** The types of all rows, read at once: a program takes a second. */
function readRows(): readonly string[] {
  const plugins = rows.map(({ above = '', code, files = {} }, index) => ({
    [`src/r${String(index)}/plugin.ts`]: `import type { FastifyInstance } from 'fastify';\n${above}\nexport async function plugin(app: FastifyInstance) {\n${code}\n}\n`,
    ...Object.fromEntries(
      Object.entries(files).map(([path, text]) => [`src/r${String(index)}/${path}`, text]),
    ),
  }));
  const imports = rows.map(
    (_, index) => `import { plugin as r${String(index)} } from './r${String(index)}/plugin.js';`,
  );
  const registered = rows.map(
    (_, index) => `app.register(r${String(index)}, { prefix: '/r${String(index)}' });`,
  );
  const app = [
    "import Fastify from 'fastify';",
    ...imports,
    'const app = Fastify();',
    ...registered,
    'app.listen({ port: 3000 });',
  ];
  const files = Object.fromEntries(plugins.flatMap((one) => Object.entries(one)));
  const repo = memoryRepo({ 'package.json': manifest(), 'src/app.ts': app.join('\n'), ...files }, root);
  const [head] = surveyHeads(repo) as readonly [ServiceHead];
  const routes = surveyService(repo, head).routes.flatMap((plugin) => plugin.routes);
  const { routes: typed, types } = readRouteTypes(openSurvey(repo, head), routes);
  return typed.map((one) => print(one, types));
}

/** As the lines that a client has; what says nothing is left out. */
function print({ answer, body, failures, isText, params, query }: TypedRoute, types: NamedShapes): string {
  const lines = [
    ...(params.kind === 'unknown' ? [] : [`params ${printShape(params)}`]),
    ...(query.kind === 'unknown' ? [] : [`query ${printShape(query)}`]),
    ...(body === undefined ? [] : [`body ${printShape(body)}`]),
    `answer ${printShape(answer)}${isText === true ? ' as text' : ''}`,
    ...failures.map(({ shape, status }) => `${String(status)} ${printShape(shape)}`),
  ].join('\n');
  const declared = [...types].filter(([name]) => new RegExp(`\\b${name}\\b`).test(lines));
  return [lines, ...declared.map(([name, shape]) => printDeclaration(name, shape))]
    .join('\n')
    .replaceAll(/\s+/g, ' ');
}

describe('readRouteTypes', () => {
  let read: readonly string[] = [];
  beforeAll(() => {
    read = readRows();
  }, 60_000);

  it.each(rows.map((row, index) => ({ ...row, index })))('reads $what', ({ index, types }) => {
    expect(read[index]).toBe(types);
  });
});
