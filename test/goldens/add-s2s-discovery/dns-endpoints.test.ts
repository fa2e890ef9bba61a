import { connectService } from '../src/utils/connect-service.js';
import { DnsEndpoints } from '../src/utils/dns-endpoints.js';

describe('endpoints by DNS addresses', () => {
  type Resolver = ConstructorParameters<typeof DnsEndpoints>[1];
  const none = (code: string): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }));

  it('are A records, for as long as the first of them holds', async () => {
    const resolve4 = (): Promise<object[]> =>
      Promise.resolve([{ address: '10.0.0.1', ttl: 60 }, { address: '10.0.0.2', ttl: 7 }]);
    const source = new DnsEndpoints('http://auth.internal:3001/api', { resolve4 } as unknown as Resolver);
    expect(source.name).toBe('auth.internal');
    expect(await source.lookup()).toEqual({
      endpoints: [{ url: 'http://10.0.0.1:3001/api' }, { url: 'http://10.0.0.2:3001/api' }],
      refreshMs: 7_000,
    });
  });

  it('are AAAA records where there are no others, and are not asked for all the time', async () => {
    const resolver = {
      resolve4: () => none('ENODATA'),
      resolve6: () => Promise.resolve([{ address: 'fd00::1', ttl: 0 }]),
    };
    const source = new DnsEndpoints('http://auth.internal', resolver as unknown as Resolver);
    expect(await source.lookup()).toEqual({ endpoints: [{ url: 'http://[fd00::1]:80/' }], refreshMs: 1_000 });
  });

  it('cannot be told when the server cannot', async () => {
    const resolver = { resolve4: () => none('ESERVFAIL') } as unknown as Resolver;
    await expect(new DnsEndpoints('http://auth.internal', resolver).lookup()).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('are called by the addresses of a host', async () => {
    const client = connectService({ baseUrl: 'dns:http://nowhere.invalid:3001' });
    await expect(client.get('/', { timeout: 500 })).rejects.toMatchObject({ name: 'ServiceClientError' });
    await client.close();
    expect(() => connectService({ baseUrl: 'dns:https://auth.internal' })).toThrow(/SRV/);
  });
});
