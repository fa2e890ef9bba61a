import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

type ErrorHandler = (
  this: FastifyInstance,
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
) => unknown;
type Authenticate = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Takes what a reply would have sent. */
class Refusal {
  statusCode = 500;
  body: unknown;
  readonly headers: Record<string, string | number> = {};
  readonly request: FastifyRequest;

  constructor(request: FastifyRequest) {
    this.request = request;
  }

  code(statusCode: number): this {
    this.statusCode = statusCode;
    return this;
  }

  header(name: string, value: string | number): this {
    this.headers[name] = value;
    return this;
  }

  send(body: unknown): this {
    this.body = body;
    return this;
  }
}

class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super('The request is not authenticated');
    this.refusal = refusal;
  }
}

/**
 * Refuses by throwing, because `app.auth([…])` of @fastify/auth asks its next function only then. What is thrown last is
 * answered as `authenticate` would have, whatever error handler the route has.
 */
export function throwRefusals(app: FastifyInstance, authenticate: Authenticate): Authenticate {
  app.addHook('onRoute', (route) => {
    const errorHandler = route.errorHandler as ErrorHandler | undefined;
    route.errorHandler = function handleRefusal(error, request, reply) {
      if (error instanceof RefusedError) {
        const { statusCode, headers, body } = error.refusal;
        return reply.code(statusCode).headers(headers).send(body);
      }
      if (errorHandler === undefined) throw error;
      // An async handler's promise is its answer.
      return errorHandler.call(this, error, request, reply);
    };
  });
  return async (request, reply) => {
    // What is not found has no route, and so no handler of its own.
    if (request.is404) return authenticate(request, reply);
    const refusal = new Refusal(request);
    const answer = await authenticate(request, refusal as unknown as FastifyReply);
    if (answer !== undefined) throw new RefusedError(refusal);
    return undefined;
  };
}
