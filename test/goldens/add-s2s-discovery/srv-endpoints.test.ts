import { connectService } from '../src/utils/connect-service.js';
import { SrvEndpoints } from '../src/utils/srv-endpoints.js';

describe('endpoints by SRV records', () => {
  type Resolver = ConstructorParameters<typeof SrvEndpoints>[1];
  const resolver = {
    resolveSrv: () =>
      Promise.resolve([
        { name: 'a.internal', port: 3001, priority: 1, weight: 5 },
        { name: 'b.internal', port: 3002, priority: 2, weight: 0 },
        { name: 'gone.internal', port: 3003, priority: 1, weight: 5 },
      ]),
    resolve4: (host: string) =>
      host === 'gone.internal'
        ? Promise.reject(new Error('ENOTFOUND'))
        : Promise.resolve([{ address: host === 'a.internal' ? '10.0.0.1' : '10.0.0.2', ttl: 60 }]),
  } as unknown as Resolver;

  it('are the addresses of their targets, with port, priority and weight', async () => {
    const source = new SrvEndpoints('http://_auth._tcp.internal', resolver);
    expect(source.name).toBe('_auth._tcp.internal');
    expect(await source.lookup()).toEqual({
      endpoints: [
        { url: 'http://10.0.0.1:3001/', priority: 1, weight: 5 },
        { url: 'http://10.0.0.2:3002/', priority: 2, weight: 0.01 },
      ],
      // Soon again for the one without an address.
      refreshMs: 1_000,
    });
  });

  it('are the names of their targets over https', async () => {
    const { endpoints, refreshMs } = await new SrvEndpoints('https://_auth._tcp.internal/api', resolver).lookup();
    expect(endpoints.map(({ url }) => url)).toEqual([
      'https://a.internal:3001/api',
      'https://b.internal:3002/api',
      'https://gone.internal:3003/api',
    ]);
    expect(refreshMs).toBe(30_000);
  });

  it('are called by the targets of SRV records', async () => {
    const client = connectService({ baseUrl: 'srv:http://_auth._tcp.nowhere.invalid' });
    await expect(client.get('/', { timeout: 500 })).rejects.toMatchObject({ name: 'ServiceClientError' });
    await client.close();
  });
});
