/**
 * Why a call failed: `timeout` its deadline passed · `network` no answer · `http` an answer other than 2xx ·
 * `circuit_open` the call was not made · `invalid_response` not the JSON that was promised, or too large ·
 * `aborted` the caller gave up.
 */
export type ServiceClientErrorKind =
  'timeout' | 'network' | 'http' | 'circuit_open' | 'invalid_response' | 'aborted';

export type ServiceClientErrorDetails = Pick<ServiceClientError, 'service' | 'correlationId'> &
  Partial<Pick<ServiceClientError, 'status' | 'retryAfterMs' | 'body' | 'cause'>>;

/** `Error` by a type that a `lib` before ES2022 has not: every Node.js takes the cause. */
const ErrorWithCause: new (message: string, options: { cause: unknown } | undefined) => Error = Error;

/** A call to another service that failed; `circuit_open` has no stack. Messages hold no path, header, token or body, so they can be logged. */
export class ServiceClientError extends ErrorWithCause {
  override readonly name = 'ServiceClientError';
  readonly kind: ServiceClientErrorKind;
  readonly service: string;
  readonly correlationId: string;
  /** Of the answer, for `http` and `invalid_response`. */
  readonly status: number | undefined;
  /** Milliseconds that the service, or the open circuit, asks to wait. */
  readonly retryAfterMs: number | undefined;
  declare readonly cause: unknown;
  readonly #body: unknown;

  constructor(kind: ServiceClientErrorKind, message: string, details: ServiceClientErrorDetails) {
    const { stackTraceLimit } = Error;
    // An open circuit is met by every call: where it was says nothing, and a stack costs more than all the rest.
    if (kind === 'circuit_open') Error.stackTraceLimit = 0;
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.kind = kind;
    this.service = details.service;
    this.correlationId = details.correlationId;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.#body = details.body;
  }

  /** The JSON of an `http` answer; undefined without any. It may hold what is private: loggers and JSON leave it out. */
  get body(): unknown {
    return this.#body;
  }
}
