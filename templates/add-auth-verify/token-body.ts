import type { FastifyReply } from 'fastify';

const MAX_TOKEN_LENGTH = 8_192;

/** Checks the body of the verify route where the application's validator compiler takes no JSON schema. */
export async function checkBody(
  { body }: { readonly body: unknown },
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : undefined;
  if (typeof token === 'string' && token.length <= MAX_TOKEN_LENGTH) return undefined;
  const error = `body must have a token of at most ${String(MAX_TOKEN_LENGTH)} characters`;
  return reply.code(400).send({ valid: false, error });
}
