/** The client as its contract has it: what tests of rendered modules may rely on. */
interface ServiceResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

export interface ServiceClient {
  get(path: string, options?: object): Promise<ServiceResponse>;
  post(path: string, body?: unknown, options?: object): Promise<ServiceResponse>;
  getCircuitStats(): { readonly state: string; readonly failures: number; readonly successes: number };
  close(): Promise<void>;
}

export interface ServiceClientModule {
  readonly ServiceClient: new (options: object) => ServiceClient;
  readonly ServiceClientError: new (
    ...args: never[]
  ) => Error & { readonly kind: string; readonly status?: number };
}
