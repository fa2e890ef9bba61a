import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { GraphCall, GraphNode, ServiceGraph } from '../../generators/s2s-graph/graph.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';

const name = 's2s-graph';
let repo: GeneratedRepo;

beforeAll(async () => {
  repo = new GeneratedRepo(name);
  await repo.run('add-s2s --target user --protect usersRoutes');
  repo.edit('services/billing-service/src/server.ts', (text) =>
    [
      "export const usersUrl = process.env['USER_SERVICE_URL'] ?? 'http://localhost:3002';",
      "export const paymentsUrl = process.env['PAYMENTS_URL'] ?? 'https://pay.example.com/v1?a=<b>';",
      "export const databaseUrl = process.env['DATABASE_URL'] ?? 'http://localhost:5432';",
      text,
    ].join('\n'),
  );
});
afterAll(() => {
  deleteGeneratedRepo(name);
});

async function drawn(args: readonly string[], root = repo.root): Promise<string> {
  const planned = await planCommand({ generator: 's2s-graph', args }, root);
  if (!planned.ok) throw new Error(planned.obstacles[0].message);
  expect(planned.edits).toEqual([]);
  return planned.output ?? '';
}

async function graphOf(root = repo.root, ...args: readonly string[]): Promise<ServiceGraph> {
  return JSON.parse(await drawn(['--format', 'json', ...args], root)) as ServiceGraph;
}

function nodeOf({ nodes }: ServiceGraph, id: string): GraphNode | undefined {
  return nodes.find((node) => node.id === id);
}

describe('s2s-graph', () => {
  it('tells which callers a callee lets in as services, and how to allow the others', async () => {
    const app = 'services/user-service/src/app.ts';
    const allow = async (name: string): Promise<string> => {
      repo.edit(app, (text) =>
        text.replace(/prefix: '\/users'[^}]*/, `prefix: '/users', allowedServices: ['${name}'] `),
      );
      return drawn([]);
    };
    const before = repo.read(app);
    expect(await drawn([])).not.toContain('as a service');
    expect(await allow('jobs-service')).toContain(
      'as a service: s2s add-service-tokens --target services/user-service --allow billing-service --protect',
    );
    const [, call] = /n\d -?\.?->\|"([^"]*USER_SERVICE_URL[^"]*)"/.exec(await allow('billing-service')) ?? [];
    expect(call).toContain('allowed as a service');
    repo.write(app, before);
  });

  it('tells who calls whom, through which variable, and where no circuit stands between', async () => {
    const { calls } = await graphOf();
    const seen = calls.map(({ circuit, env, from, to, verifies }: GraphCall) => [
      from,
      to,
      env,
      circuit,
      verifies,
    ]);
    expect(seen).toEqual([
      ['services/billing-service', 'services/user-service', 'USER_SERVICE_URL', false, false],
      ['services/billing-service', 'pay.example.com', 'PAYMENTS_URL', false, false],
      ['services/user-service', 'services/auth-service', 'AUTH_SERVICE_URL', true, true],
    ]);
    const verified = calls.find(({ verifies }) => verifies)?.at;
    expect(verified).toMatch(/^services\/user-service\/src\/middleware\/auth\.middleware\.ts:\d+$/);
  });

  it('tells which routes ask for a token, who issues them, and what was generated', async () => {
    const graph = await graphOf();
    expect(nodeOf(graph, 'services/auth-service')).toMatchObject({ issuesTokens: true, port: 3001 });
    const user = nodeOf(graph, 'services/user-service');
    expect(user?.generated).toEqual(['add-s2s']);
    expect(user?.routes.map((one) => [one.name, one.guard])).toEqual([
      ['healthRoutes', undefined],
      ['usersRoutes', 'app.authenticate'],
    ]);
    expect(nodeOf(graph, 'services/billing-service')?.routes.every(({ guard }) => guard === undefined)).toBe(
      true,
    );
  });

  it('sees a URL that is called as it stands, once for each origin', async () => {
    const other = new GeneratedRepo(`${name}-literal`);
    try {
      other.write(
        'services/billing-service/src/calls.ts',
        [
          'export const one = (id: string) => fetch(`http://user-service:3002/users/${id}`);',
          "export const same = () => fetch('http://user-service:3002/users');",
          "export const mail = axios.create({ baseURL: 'https://mail.example.com/v2' });",
          "export const schema = { $id: 'https://json-schema.example.com/a' };",
          "export const note = log('https://docs.example.com');",
          '',
        ].join('\n'),
      );
      const { calls } = await graphOf(other.root);
      expect(calls.map(({ at, circuit, to }: GraphCall) => [to, at, circuit])).toEqual([
        ['services/user-service', 'services/billing-service/src/calls.ts:1', false],
        ['mail.example.com', 'services/billing-service/src/calls.ts:3', false],
      ]);
    } finally {
      deleteGeneratedRepo(`${name}-literal`);
    }
  });

  it('knows a guard on all routes, and those that are left open', async () => {
    const other = new GeneratedRepo(`${name}-all`);
    try {
      await other.run('add-auth-middleware --target user --protect all --public /health');
      const user = nodeOf(await graphOf(other.root), 'services/user-service');
      expect(user?.routes.map((one) => [one.name, one.guard])).toEqual([
        ['healthRoutes', undefined],
        ['usersRoutes', 'authMiddleware'],
      ]);
    } finally {
      deleteGeneratedRepo(`${name}-all`);
    }
  });

  it('shows a named service and its neighbours alone', async () => {
    const { calls, nodes } = await graphOf(repo.root, '--target', 'user');
    expect(nodes.map(({ id }) => id)).toEqual([
      'services/auth-service',
      'services/billing-service',
      'services/user-service',
    ]);
    expect(calls.map(({ env }) => env)).toEqual(['USER_SERVICE_URL', 'AUTH_SERVICE_URL']);
  });

  it('draws Mermaid whose arrows join its nodes, with nothing in a label that Mermaid would read', async () => {
    const text = await drawn([]);
    const [head, ...lines] = text.trimEnd().split('\n');
    expect(head).toBe('flowchart LR');
    const ids = lines.flatMap((line) => /^ {2}(n\d+)[([]/.exec(line)?.[1] ?? []);
    const arrows = lines.flatMap((line) => [...line.matchAll(/^ {2}(n\d+) (?:-->|-\.->)\|".*"\| (n\d+)$/g)]);
    expect([ids.length, arrows.length]).toEqual([4, 3]);
    for (const [, from, to] of arrows) expect(ids).toEqual(expect.arrayContaining([from, to]));
    for (const [, label = ''] of text.matchAll(/"([^"]*)"/g))
      expect(label.replaceAll('<br/>', '')).not.toMatch(/[<>]/);
  });

  it('draws an SVG in which every box is inside and none lies on another', async () => {
    const svg = await drawn(['--format', 'svg']);
    const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
    const boxes = [
      ...svg.matchAll(/<rect class="\w+" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
    ].map(([, ...numbers]) => numbers.map(Number) as [number, number, number, number]);
    expect(boxes).toHaveLength(4);
    for (const [x, y, w, h] of boxes)
      expect(x >= 0 && y >= 0 && x + w <= width && y + h <= height).toBe(true);
    for (const [index, [x, y, w, h]] of boxes.entries()) {
      for (const [x2, y2, w2, h2] of boxes.slice(index + 1))
        expect(x + w <= x2 || x2 + w2 <= x || y + h <= y2 || y2 + h2 <= y).toBe(true);
    }
    expect(svg).not.toMatch(/<script|href=/);
  });

  it('plans one file with --out, and nothing when it is as it was', async () => {
    await runCommand({ generator: 's2s-graph', args: ['--out', 'docs/services.mmd'] }, repo.root);
    expect(repo.read('docs/services.mmd')).toBe(await drawn([]));
    const again = await planCommand(
      { generator: 's2s-graph', args: ['--out', 'docs/services.mmd'] },
      repo.root,
    );
    expect(again).toMatchObject({ ok: true, edits: [] });
    const outside = await planCommand(
      { generator: 's2s-graph', args: ['--out', '../services.mmd'] },
      repo.root,
    );
    expect(outside).toMatchObject({ ok: false, obstacles: [{ code: 'E_PATH' }] });
  });

  it.each([
    ['plain-folders', ['auth'], 2],
    ['fastify-cli', ['apps/auth'], 2],
    ['singleton-zod', ['services/identity'], 2],
  ])('reads %s', async (fixture, issuers, services) => {
    const { nodes } = await graphOf(join(projectRoot, 'fixtures', fixture));
    expect(nodes.filter(({ issuesTokens }) => issuesTokens).map(({ id }) => id)).toEqual(issuers);
    expect(nodes.filter(({ kind }) => kind === 'service')).toHaveLength(services);
    expect(nodes.every(({ problem, routes }) => problem === undefined && routes.length > 0)).toBe(true);
  });
});
