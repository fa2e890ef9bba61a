import type { RequestOptions, ServiceClient } from '../add-service-client/service-client.ts';

/** What every call takes: correlation ID, headers, deadline, signal, and what lets a POST be retried. */
export type CallOptions = Omit<RequestOptions, 'query' | 'route'>;

/** What a route takes beside them. */
export interface RouteCall extends RequestOptions {
  params?: Readonly<Record<string, string | number | boolean>>;
  body?: unknown;
}

/** The typed client of a service is one of these: it calls routes by their pattern. */
export class RouteClient {
  readonly #client: ServiceClient;

  constructor(client: ServiceClient) {
    this.#client = client;
  }

  /**
   * Rejects with a ServiceClientError, also for an answer other than 2xx.
   * @throws TypeError for a parameter that is missing or empty
   */
  protected async call<T>(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    route: string,
    { body, params = {}, ...rest }: RouteCall,
  ): Promise<T> {
    const path = route.replace(/:(\w+)/g, (_, name: string) => {
      const value = String(params[name] ?? '');
      // Without it the path would be that of another route.
      if (value === '') throw new TypeError(`The parameter ${name} of ${route} must not be empty`);
      return encodeURIComponent(value);
    });
    const options = { ...rest, route };
    const isRead = method === 'get' || method === 'delete';
    const { data } = isRead
      ? await this.#client[method]<T>(path, options)
      : await this.#client[method]<T>(path, body, options);
    return data;
  }
}
