import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BillingClient } from '../src/plugins/billing-client.js';
import { ServiceClient } from '../src/utils/service-client.js';

describe('BillingClient', () => {
  it('gets what billing-service answers to GET /invoices', async () => {
    // A process of its own, with the environment of this test.
    const calleePort = await freePort();
    const env = { ...process.env, NODE_ENV: 'development', PORT: String(calleePort), HOST: '127.0.0.1' };
    const callee = spawn(process.execPath, ['--import', 'tsx', 'src/server.ts'], {
      cwd: new URL('../../billing-service', import.meta.url),
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const client = new ServiceClient({ baseUrl: `http://127.0.0.1:${String(calleePort)}` });
    try {
      while (callee.exitCode === null && !(await fetch(client.origin).then(Boolean, () => false))) {
        await new Promise((done) => setTimeout(done, 50));
      }
      const answer = await new BillingClient(client).getInvoices();
      expect(Object.keys(answer)).toContain('invoices');
    } finally {
      callee.kill('SIGKILL');
      await client.close();
    }
  }, 30_000);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
