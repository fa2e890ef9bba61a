import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type BootedService, bootService } from '../helpers/boot-service.ts';
import { type FixtureName, fixtures } from '../helpers/fixtures.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { runCommand } from '../helpers/run-command.ts';

describe.each([
  ['4', 'plain-folders', 'orders'],
  ['5', 'npm-workspaces', 'services/user-service'],
] as const)('13a tracing on Fastify %s', (major, fixture: FixtureName, dir) => {
  const id = `security-tracing-${major}`;
  let service: BootedService;

  beforeAll(async () => {
    const root = materialize(id, { fixture, args: [] });
    await runCommand({ generator: 'add-s2s-tracing', args: ['--target', dir] }, root);
    const found = fixtures[fixture].services.find((one) => one.dir === dir);
    if (found === undefined) throw new Error(`There is no ${dir}`);
    service = await bootService(root, found, { LOG_LEVEL: 'fatal' });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
  });

  /** The first line of the answer to these bytes. */
  async function statusLine(head: string): Promise<string> {
    const socket = connect(Number(new URL(service.origin).port), '127.0.0.1');
    socket.end(`${head}\r\n\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return chunk.toString('latin1').split('\r\n', 1)[0] ?? '';
  }

  it.each([
    ['HTTP/1.0 without Host', 'GET /health HTTP/1.0'],
    ['HTTP/1.0 without Host, behind a proxy', 'GET /health HTTP/1.0\r\nX-Forwarded-Host: users.test'],
    ['HTTP/1.1 with an empty Host', 'GET /health HTTP/1.1\r\nHost:\r\nConnection: close'],
    ['HTTP/1.1 with an IPv6 Host', 'GET /health HTTP/1.1\r\nHost: [::1]:3000\r\nConnection: close'],
    ['a Host that is none', 'GET /health HTTP/1.1\r\nHost: :::[]]:\r\nConnection: close'],
  ])('answers %s', async (_name, head) => {
    expect(await statusLine(head)).toBe('HTTP/1.1 200 OK');
  });
});
